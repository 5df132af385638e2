// AppHost.cs of .NET Aspire: Postroom beside a project, which finds it by SMTP_HOST and SMTP_PORT.
var builder = DistributedApplication.CreateBuilder(args);

var postroom = builder.AddContainer("postroom", "registry.example/postroom", "0.1.0")
    .WithEndpoint(targetPort: 1025, name: "smtp", scheme: "smtp")
    .WithHttpEndpoint(targetPort: 8025, name: "http")
    .WithHttpHealthCheck("/readyz", endpointName: "http");

var smtp = postroom.GetEndpoint("smtp");

builder.AddProject<Projects.Web>("web")
    .WithEnvironment("SMTP_HOST", smtp.Property(EndpointProperty.Host))
    .WithEnvironment("SMTP_PORT", smtp.Property(EndpointProperty.Port))
    .WaitFor(postroom);

builder.Build().Run();
