# config/environments/development.rb, or an initializer
Rails.application.configure do
  config.action_mailer.delivery_method = :smtp
  config.action_mailer.raise_delivery_errors = true
  config.action_mailer.smtp_settings = {
    address: ENV.fetch("SMTP_HOST", "127.0.0.1"),
    port: ENV.fetch("SMTP_PORT", 1025).to_i,
    enable_starttls_auto: false
  }
end
