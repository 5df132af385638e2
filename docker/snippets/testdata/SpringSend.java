// What Spring Boot does with the properties: a JavaMailSender of Spring's own.
import java.io.FileReader;
import java.util.Properties;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;
import org.springframework.util.PropertyPlaceholderHelper;

class SpringSend {
    public static void main(String[] args) throws Exception {
        Properties read = new Properties();
        try (FileReader file = new FileReader(args[0])) {
            read.load(file);
        }
        JavaMailSenderImpl sender = new JavaMailSenderImpl();
        PropertyPlaceholderHelper helper = new PropertyPlaceholderHelper("${", "}", ":", false);
        for (String name : read.stringPropertyNames()) {
            String value = helper.replacePlaceholders(read.getProperty(name), System::getenv);
            switch (name) {
                case "spring.mail.host" -> sender.setHost(value);
                case "spring.mail.port" -> sender.setPort(Integer.parseInt(value));
                default -> sender.getJavaMailProperties().put(name.substring("spring.mail.properties.".length()), value);
            }
        }
        SimpleMailMessage message = new SimpleMailMessage();
        message.setFrom("app@a.test");
        message.setTo("alice@a.test");
        message.setSubject("Hello from Spring");
        message.setText("Your code is 271828");
        sender.send(message);
    }
}
