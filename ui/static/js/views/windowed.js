// A list of any length that has only the rows in view in the document.
import { Component, createRef } from 'preact';
import { html } from '../html.js';

const OVERSCAN = 6; // rows kept ready above and below

/**
 * Windowed shows items as rows of one height. What the reader looks at stays
 * where it is when rows come or go above it, unless the list is at its top.
 *
 * Props: items, keyOf(item), rowHeight, children(item, index), onNearEnd(),
 * onTop(atTop), follow (a key that is kept in view when it changes), slide, and
 * attributes for the scrolling element.
 */
export class Windowed extends Component {
  state = { top: 0, height: 800 };
  scroller = createRef();

  componentDidMount() {
    const element = this.scroller.current;
    this.resize = new ResizeObserver(this.measure);
    this.resize.observe(element);
    this.measure();
  }

  componentWillUnmount() {
    this.resize.disconnect();
  }

  measure = () => {
    const { scrollTop: top, clientHeight: height } = this.scroller.current;
    if (top !== this.state.top || height !== this.state.height) this.setState({ top, height });
    this.props.onTop?.(top <= 1);
    this.askForMore(top, height);
  };

  askForMore(top, height) {
    const { items, rowHeight, onNearEnd } = this.props;
    if (items.length && items.length * rowHeight - top - height < 2 * height) onNearEnd?.();
  }

  getSnapshotBeforeUpdate() { return this.scroller.current.scrollTop; }

  componentDidUpdate(before, _, top) {
    const { items, follow } = this.props;
    if (before.items !== items) this.anchor(before.items, top);
    if (before.follow !== follow) this.bringIntoView(follow);
  }

  /** anchor puts the first row that was in view back to where it was. */
  anchor(before, top) {
    const { items, keyOf, rowHeight } = this.props;
    const element = this.scroller.current;
    const at = Math.floor(top / rowHeight);
    if (top > 1 && at < before.length) {
      const key = keyOf(before[at]);
      const now = items.length && keyOf(items[Math.min(at, items.length - 1)]) === key ? at : items.findIndex((item) => keyOf(item) === key);
      if (now >= 0 && now !== at) element.scrollTop = top + (now - at) * rowHeight;
    }
    this.measure();
  }

  bringIntoView(key) {
    const { items, keyOf, rowHeight } = this.props;
    const element = this.scroller.current;
    const at = items.findIndex((item) => keyOf(item) === key);
    if (at < 0) return;
    const from = at * rowHeight, to = from + rowHeight;
    if (from < element.scrollTop) element.scrollTop = from;
    else if (to > element.scrollTop + element.clientHeight) element.scrollTop = to - element.clientHeight;
  }

  render({ items, keyOf, rowHeight, children, slide, foot, onNearEnd, onTop, follow, class: name = '', ...rest }, { top, height }) {
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + OVERSCAN);
    const rows = [];
    for (let i = first; i < last; i++) {
      rows.push(html`
        <div class="slot" role="presentation" key=${keyOf(items[i])} style=${{ transform: `translateY(${i * rowHeight}px)`, height: `${rowHeight}px` }}>
          ${children(items[i], i)}
        </div>`);
    }
    return html`
      <div class="windowed ${name}" ref=${this.scroller} onScroll=${this.measure} data-slide=${slide && top <= 1 ? '' : undefined} ...${rest}>
        <div class="content" role="presentation" style=${{ height: `${items.length * rowHeight}px` }}>${rows}</div>
        ${foot}
      </div>`;
  }
}
