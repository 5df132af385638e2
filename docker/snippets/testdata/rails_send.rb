# Rails itself is only what takes the configuration here; Action Mailer is the real one.
require "action_mailer"

module Rails
  def self.application
    @application ||= Class.new do
      def config = @config ||= Struct.new(:action_mailer).new(ActiveSupport::OrderedOptions.new)
      def configure(&block) = instance_eval(&block)
    end.new
  end
end

load ARGV.fetch(0)
Rails.application.config.action_mailer.each { |name, value| ActionMailer::Base.public_send("#{name}=", value) }

class Greeting < ActionMailer::Base
  def hello
    mail(from: "app@a.test", to: "alice@a.test", subject: "Hello from Rails", body: "Your code is 271828", content_type: "text/plain")
  end
end

Greeting.hello.deliver_now
