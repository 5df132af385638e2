// Where the server's paths begin: '' or a prefix such as '/mail'.
export const base = new URL(import.meta.url).pathname.replace(/\/static\/(?!.*\/static\/).*/, '');
