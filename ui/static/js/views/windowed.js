// A list of any length that has only the rows in view in the document.
import { Component, createRef } from 'preact';
import { html } from '../html.js';

const OVERSCAN = 6; // rows kept ready above and below
const TALLEST = 15_000_000; // pixels that browsers bear
const EXACT = 1_000_000;    // pixels near both ends of a taller list that are not scaled

/**
 * scaleOf maps places in a list that is so tall to those in its scroller, and back.
 * What browsers do not bear is squeezed into less, except near both ends.
 */
function scaleOf(full) {
  const shown = Math.min(full, TALLEST), factor = shown < full ? (full - 2 * EXACT) / (shown - 2 * EXACT) : 1;
  const map = (y, factor, from, to) => (y <= EXACT || factor === 1 ? y : y >= from - EXACT ? y + to - from : EXACT + (y - EXACT) * factor);
  return { shown, scaled: shown < full, toList: (y) => map(y, factor, shown, full), toScroll: (y) => map(y, 1 / factor, full, shown) };
}

/**
 * Windowed shows items as rows of one height: those from place first on in a list
 * of total. What the reader looks at stays where it is when rows come or go above
 * it, unless the list is at its top.
 *
 * Props: items, first, total, keyOf(item), rowHeight, children(item, place), blank
 * (shown where no item is yet), onRange(from, to) tells the places in view,
 * onTop(atTop), follow (a key that is kept in view when it changes), slide, foot, and
 * attributes for the scrolling element.
 */
export class Windowed extends Component {
  state = { at: 0, off: 0, height: 800 }; // at is the place in the list, off by so much from that in the scroller
  scroller = createRef();
  slots = new Map(); // what was rendered for each key: what has not changed is not rendered again
  y = 0;             // where the scroller was left

  static full = ({ items, total = items.length, rowHeight }) => total * rowHeight;

  componentDidMount() {
    const element = this.scroller.current;
    this.resize = new ResizeObserver(this.measure);
    this.resize.observe(element);
    this.measure();
  }

  componentWillUnmount() {
    this.resize.disconnect();
  }

  /** measure takes note of where the scroller is. Steps are exact; longer ways, as by the scrollbar, are to scale. */
  measure = () => {
    const { scrollTop: y, clientHeight: height } = this.scroller.current, full = Windowed.full(this.props), { scaled, shown, toList } = scaleOf(full);
    let { off } = this.state;
    if (!scaled) off = 0;
    else if (Math.abs(y - this.y) > 4 * height) off = Math.round(toList(y) - y);
    else if ((y < EXACT || y > shown - EXACT) && Math.abs(toList(y) - y - off) >= 1) return this.go(y + off);
    this.y = y;
    this.stand({ at: y + off, off, height });
  };

  /** settle brings scroller and list together again when neither moves. */
  settle = () => { if (scaleOf(Windowed.full(this.props)).scaled) this.go(this.state.at); };

  /** go scrolls to a place in the list. */
  go(at) {
    const element = this.scroller.current, { clientHeight: height } = element, full = Windowed.full(this.props);
    const { scaled, toScroll } = scaleOf(full);
    at = Math.max(0, Math.min(at, full - height));
    element.scrollTop = Math.round(toScroll(at));
    this.y = element.scrollTop;
    const off = scaled ? Math.round(at - this.y) : 0;
    this.stand({ at: this.y + off, off, height });
  }

  stand({ at, off, height }) {
    const now = this.state, { rowHeight, onRange, onTop } = this.props;
    if (at !== now.at || off !== now.off || height !== now.height) this.setState({ at, off, height });
    this.state = { at, off, height };
    onTop?.(at <= 1);
    onRange?.(Math.floor(at / rowHeight), Math.ceil((at + height) / rowHeight));
  }

  componentDidUpdate(before) {
    const { items, first, follow, rowHeight } = this.props;
    if (before.rowHeight !== rowHeight) this.go(this.state.at / before.rowHeight * rowHeight);
    else if (before.items !== items || before.first !== first) this.anchor(before);
    else if (Windowed.full(before) !== Windowed.full(this.props)) this.measure();
    if (before.follow !== follow) this.bringIntoView(follow);
  }

  /** anchor puts the first row that was in view back to where it was. */
  anchor({ items: before, first: from = 0 }) {
    const { items, first = 0, keyOf, rowHeight } = this.props, { at } = this.state;
    const seen = Math.floor(at / rowHeight), item = before[seen - from];
    if (at > 1 && item) {
      const key = keyOf(item), same = items[seen - first];
      const now = same && keyOf(same) === key ? seen : first + items.findIndex((one) => keyOf(one) === key);
      if (now >= first && now !== seen) return this.go(at + (now - seen) * rowHeight);
    }
    this.measure();
  }

  bringIntoView(key) {
    const { items, first = 0, keyOf, rowHeight } = this.props, { at, height } = this.state;
    const place = items.findIndex((item) => keyOf(item) === key);
    if (place < 0) return;
    const from = (first + place) * rowHeight, to = from + rowHeight;
    if (from < at) this.go(from);
    else if (to > at + height) this.go(to - height);
  }

  slot(place, off) {
    const { items, first = 0, keyOf, rowHeight, children, blank } = this.props;
    const item = items[place - first], key = item ? keyOf(item) : 'at ' + place, y = place * rowHeight - off;
    const old = this.slots.get(key);
    if (old && old.item === item && old.y === y && old.place === place && old.rowHeight === rowHeight) return [key, old];
    const node = html`
      <div class="slot" role="presentation" key=${key} style=${{ transform: `translateY(${y}px)`, height: `${rowHeight}px` }}>
        ${item ? children(item, place) : blank}
      </div>`;
    return [key, { item, y, place, rowHeight, node }];
  }

  render({ items, total = items.length, keyOf, rowHeight, children, slide, foot, blank, first: _, onRange, onTop, follow, class: name = '', ...rest }, { at, off, height }) {
    const from = Math.max(0, Math.floor(at / rowHeight) - OVERSCAN);
    const to = Math.min(total, Math.ceil((at + height) / rowHeight) + OVERSCAN);
    const slots = new Map();
    for (let place = from; place < to; place++) slots.set(...this.slot(place, off));
    this.slots = slots;
    return html`
      <div class="windowed ${name}" ref=${this.scroller} onScroll=${this.measure} onscrollend=${this.settle} data-slide=${slide && at <= 1 ? '' : undefined} ...${rest}>
        <div class="content" role="presentation" style=${{ height: `${scaleOf(total * rowHeight).shown}px` }}>${[...slots.values()].map(({ node }) => node)}</div>
        ${foot}
      </div>`;
  }
}
