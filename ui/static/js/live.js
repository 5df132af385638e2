// The websocket that tells what happens: it comes back by itself after every
// loss and goes on where it stopped.
import { eventsURL } from './api.js';

const FIRST_WAIT = 250, LONGEST_WAIT = 10_000; // milliseconds between tries

/**
 * connect keeps a connection to the server's events for as long as the page
 * lives. onEvents gets the events of each frame, in order; onState gets
 * 'live' or 'reconnecting'. The first connection goes on after the cursor.
 */
export function connect({ cursor, onEvents, onState }) {
  let tries = 0, timer = 0, socket = null;

  function open() {
    clearTimeout(timer);
    timer = 0;
    socket = new WebSocket(eventsURL(cursor));
    socket.onmessage = ({ data }) => receive(JSON.parse(data));
    socket.onclose = () => {
      onState('reconnecting');
      timer = setTimeout(open, wait(tries++));
    };
  }

  function receive(events) {
    tries = 0;
    onState('live');
    // A number lower than ours is news from a server that was started again.
    if (events.length) cursor = events.at(-1).seq || cursor;
    onEvents(events);
  }

  /** hurry tries at once when there is reason to hope: the network or the reader is back. */
  function hurry() {
    if (timer && !document.hidden) open();
  }

  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  open();
}

/** wait doubles with each try and is spread, so that many pages do not knock at once. */
function wait(tries) {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries);
  return full / 2 + Math.random() * full / 2;
}
