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

const fullOf = ({ items, total = items.length, rowHeight }) => total * rowHeight;

/**
 * Windowed shows items as rows of one height: those from place first on in a list
 * of total. What the reader looks at stays where it is when rows come or go above
 * it, unless the list is at its top.
 *
 * Props: items, first, total, keyOf(item), rowHeight, children(item, place), blank
 * (shown where no item is yet), onRange(from, to) tells the places in view,
 * onTop(atTop), follow (a key that is kept in view when it changes), slide, foot, and
 * attributes for the scrolling element. What is shown of an item should be a component
 * that is not rendered again when its properties are the same.
 */
export class Windowed extends Component {
  state = { at: 0, off: 0, height: 800 }; // at is the place in the list, off by so much from that in the scroller
  scroller = createRef();
  resize = new ResizeObserver(() => this.measure());
  y = 0; // where the scroller was left

  componentDidMount() {
    this.resize.observe(this.scroller.current);
    this.measure();
  }

  componentWillUnmount() {
    this.resize.disconnect();
  }

  /** measure takes note of where the scroller is. Steps are exact; longer ways, as by the scrollbar, are to scale. */
  measure = () => {
    const { scrollTop: y, clientHeight: height } = this.scroller.current, { scaled, shown, toList } = scaleOf(fullOf(this.props));
    let { off } = this.state;
    if (!scaled) off = 0;
    else if (Math.abs(y - this.y) > 4 * height) off = Math.round(toList(y) - y);
    else if ((y < EXACT || y > shown - EXACT) && Math.abs(toList(y) - y - off) >= 1) return this.go(y + off);
    this.stand(y, off, height);
  };

  /** settle brings scroller and list together again when neither moves. */
  settle = () => { if (scaleOf(fullOf(this.props)).scaled) this.go(this.state.at); };

  /** go scrolls to a place in the list. */
  go(at) {
    const element = this.scroller.current, { clientHeight: height } = element, full = fullOf(this.props), { scaled, toScroll } = scaleOf(full);
    at = Math.max(0, Math.min(at, full - height));
    element.scrollTop = Math.round(toScroll(at));
    this.stand(element.scrollTop, scaled ? Math.round(at - element.scrollTop) : 0, height);
  }

  stand(y, off, height) {
    const { rowHeight, onRange, onTop } = this.props, now = this.state, at = y + off;
    this.y = y;
    if (at !== now.at || off !== now.off || height !== now.height) this.setState({ at, off, height });
    this.state = { at, off, height };
    onTop?.(at <= 1);
    onRange?.(Math.floor(at / rowHeight), Math.ceil((at + height) / rowHeight));
  }

  componentDidUpdate(before) {
    const { items, first, follow, rowHeight } = this.props;
    if (before.rowHeight !== rowHeight) this.go(this.state.at / before.rowHeight * rowHeight);
    else if (before.items !== items || before.first !== first) this.anchor(before);
    else if (fullOf(before) !== fullOf(this.props)) this.measure();
    if (before.follow !== follow) this.bringIntoView(this.placeOf(follow));
  }

  placeOf(key) {
    const { items, first = 0, keyOf } = this.props, at = items.findIndex((one) => keyOf(one) === key);
    return at < 0 ? at : first + at;
  }

  /** anchor puts the first row that was in view back to where it was. */
  anchor({ items, first = 0 }) {
    const { keyOf, rowHeight } = this.props, { at } = this.state;
    const seen = Math.floor(at / rowHeight), item = items[seen - first], now = item && at > 1 ? this.placeOf(keyOf(item)) : -1;
    if (now < 0 || now === seen) this.measure();
    else this.go(at + (now - seen) * rowHeight);
  }

  bringIntoView(place) {
    const { rowHeight } = this.props, { at, height } = this.state, top = place * rowHeight;
    if (place >= 0) this.go(Math.max(top + rowHeight - height, Math.min(at, top)));
  }

  render({ items, total = items.length, keyOf, rowHeight, children, slide, foot, blank, first = 0, onRange, onTop, follow, class: name, ...rest }, { at, off, height }) {
    const from = Math.max(0, Math.floor(at / rowHeight) - OVERSCAN), to = Math.min(total, Math.ceil((at + height) / rowHeight) + OVERSCAN);
    const slots = [];
    for (let place = from; place < to; place++) {
      const item = items[place - first];
      slots.push(html`
        <div class="slot" role="presentation" key=${item ? keyOf(item) : place} style=${{ transform: `translateY(${place * rowHeight - off}px)`, height: `${rowHeight}px` }}>
          ${item ? children(item, place) : blank}
        </div>`);
    }
    return html`
      <div class="windowed ${name}" ref=${this.scroller} onScroll=${this.measure} onscrollend=${this.settle} data-slide=${slide && at <= 1 ? '' : undefined} ...${rest}>
        <div class="content" role="presentation" style=${{ height: `${scaleOf(total * rowHeight).shown}px` }}>${slots}</div>
        ${foot}
      </div>`;
  }
}
