// Starts Postroom in a container for a test: node --test
import assert from 'node:assert/strict'
import { test } from 'node:test'
import nodemailer from 'nodemailer'
import { GenericContainer, Wait } from 'testcontainers'

test('mail is sent', async () => {
  const postroom = await new GenericContainer(process.env.POSTROOM_IMAGE ?? 'postroom')
    .withExposedPorts(1025, 8025)
    .withWaitStrategy(Wait.forHttp('/readyz', 8025))
    .start()
  try {
    const host = postroom.getHost()

    // The application under test would do this.
    const transport = nodemailer.createTransport({ host, port: postroom.getMappedPort(1025), secure: false })
    await transport.sendMail({ from: 'app@a.test', to: 'alice@a.test', subject: 'Hello', text: 'Your code is 271828' })

    const answer = await fetch(`http://${host}:${postroom.getMappedPort(8025)}/v1/expect?to=alice@a.test&subject=Hello&extract=code`)
    assert.equal(answer.status, 200, await answer.clone().text())
    assert.equal((await answer.json()).extracted.code.value, '271828')
  } finally {
    await postroom.stop()
  }
})
