import { defineConfig } from '@playwright/test';

// CHROMIUM names a browser to use in place of the one that Playwright downloads.
const executablePath = process.env.CHROMIUM;

export default defineConfig({
  testDir: '.',
  reporter: 'list',
  use: {
    baseURL: process.env.APP_URL ?? 'http://127.0.0.1:8080',
    launchOptions: executablePath ? { executablePath, args: ['--no-sandbox'] } : {},
  },
});
