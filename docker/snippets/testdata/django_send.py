import django
from django.core.mail import send_mail

django.setup()
assert send_mail("Hello from Django", "Your code is 271828", "app@a.test", ["alice@a.test"]) == 1
