// Starts Postroom in a container for a test: org.testcontainers:junit-jupiter and a JavaMail implementation.
import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.mail.Message;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

@Testcontainers
class PostroomTest {
    @Container
    static final GenericContainer<?> postroom = new GenericContainer<>(DockerImageName.parse("postroom"))
            .withExposedPorts(1025, 8025)
            .waitingFor(Wait.forHttp("/readyz").forPort(8025));

    @Test
    void mailIsSent() throws Exception {
        // The application under test would do this.
        Properties settings = new Properties();
        settings.setProperty("mail.smtp.host", postroom.getHost());
        settings.setProperty("mail.smtp.port", postroom.getMappedPort(1025).toString());
        MimeMessage message = new MimeMessage(Session.getInstance(settings));
        message.setFrom("app@a.test");
        message.setRecipient(Message.RecipientType.TO, new InternetAddress("alice@a.test"));
        message.setSubject("Hello");
        message.setText("Your code is 271828");
        Transport.send(message);

        String url = "http://" + postroom.getHost() + ":" + postroom.getMappedPort(8025);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/expect?to=alice@a.test&subject=Hello&extract=code"))
                .header("Accept", "text/plain").build();
        HttpResponse<String> code = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals("271828", code.body().strip());
    }
}
