// What the tests use of nodemailer, which has no types of its own.
declare module 'nodemailer' {
  export function createTransport(options: { host: string | undefined; port: number; secure: boolean }): {
    sendMail(mail: { from: string; to: string; subject: string; text: string; html?: string }): Promise<unknown>;
    close(): void;
  };
}
