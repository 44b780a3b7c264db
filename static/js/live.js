/* Live pages: one stream of server-sent events per browser, shared by its visible tabs.

   <meta name="live" content="/live" data-circle="whose"> turns it on; tabs of one circle share. It
   fires on document.body
     live:board:<slug>  {board, version}   the rows of that board changed
     live:partner                          this partner's own pages changed
     live:videos        {batch}            a film moved on (managers hear it)
     live:celebration   {what}             somebody has done well (screens hear it)
     live:reset                            something may have been missed: look anew
     live:poll                             no stream can be had: look anew, every 20 seconds
   so what keeps itself fresh says, for instance,
     hx-get="/leaderboards/sales/rows"
     hx-trigger="live:board:sales from:body, live:reset from:body, live:poll from:body"
   An element with data-live-status tells how it stands, in the words of its data-live-on,
   data-live-wait and data-live-poll; its data-live-state becomes on, wait or poll.

   The tabs elect a leader by Web Locks; it holds the stream and passes on what it hears by
   BroadcastChannel. A hidden tab takes no part; looked at again, it learns what it missed. Where
   the browser lacks either, each visible tab has a stream of its own. */
(() => {
  "use strict";

  const SECOND = 1000;
  const POLL = 20 * SECOND;
  const GREETING = 10 * SECOND; // from the request to the server's first word
  const SILENCE = 50 * SECOND; // the server says something every 20 seconds
  const PAUSE = 2 * SECOND; // after the first failure; doubled with each ...
  const LONGEST_PAUSE = 60 * SECOND; // ... up to this
  const PATIENCE = 3; // failures after which the page polls as well as trying on

  /** How long to wait after so many failures in a row. The jitter keeps a thousand browsers from
   *  coming back in the same moment. */
  const pauseAfter = (failures) =>
    Math.min(PAUSE * 2 ** (failures - 1), LONGEST_PAUSE) * (0.25 + 0.75 * Math.random());

  /** A stream that opens itself again when it breaks, and polls when it keeps breaking.
   *  `from()` says where to begin; what comes goes to `say({name, detail, mark})`, and how it
   *  stands to `say({state, mark})`. */
  class Stream {
    constructor(address, from, say) {
      Object.assign(this, { address, from, say, failures: 0, isOpen: false });
    }

    open() {
      clearTimeout(this.retry);
      if (!window.EventSource) return this.poll();
      this.isOpen = true;
      const joint = this.address.includes("?") ? "&" : "?";
      this.source = new EventSource(`${this.address}${joint}${this.from()}`);
      this.source.onerror = () => this.fail();
      this.expect(GREETING);
      this.on("hello", () => this.greeted());
      this.on("beat");
      this.on("board", ({ board }) => `live:board:${board}`);
      this.on("partner", () => "live:partner");
      this.on("videos", () => "live:videos");
      this.on("celebration", () => "live:celebration");
      this.on("reset", () => "live:reset");
      // The session has ended or changed its seat: whoever looks anew is told which.
      this.on("goodbye", () => "live:reset");
    }

    on(event, nameOf) {
      this.source.addEventListener(event, ({ data, lastEventId: mark }) => {
        this.expect(SILENCE);
        const detail = JSON.parse(data);
        const name = nameOf?.(detail);
        if (name) this.say({ name, detail, mark });
        else this.say({ mark });
      });
    }

    greeted() {
      this.failures = 0;
      clearInterval(this.polling);
      this.polling = undefined;
      this.say({ state: "on" });
    }

    fail() {
      this.drop();
      this.failures += 1;
      if (this.failures >= PATIENCE) this.poll();
      else if (!this.polling) this.say({ state: "wait" });
      this.retry = setTimeout(() => this.open(), pauseAfter(this.failures));
    }

    /** The network has gone, which a stream that was open would not notice for long. */
    lose() {
      if (this.isOpen) this.fail();
    }

    /** The network is there again: the next attempt need not wait. */
    hurry() {
      if (!this.isOpen) this.open();
    }

    poll() {
      this.say({ state: "poll" });
      this.polling ??= setInterval(() => this.say({ name: "live:poll", detail: {} }), POLL);
    }

    expect(within) {
      clearTimeout(this.watch);
      this.watch = setTimeout(() => this.fail(), within);
    }

    drop() {
      this.isOpen = false;
      this.source?.close();
      clearTimeout(this.watch);
      clearTimeout(this.retry);
    }

    close() {
      this.drop();
      clearInterval(this.polling);
    }
  }

  /** This tab: awake while it is looked at, then leading or following. */
  class Tab {
    constructor(address, circle) {
      Object.assign(this, { address, circle, mark: "", state: "wait", isAwake: false });
      this.shares = Boolean(navigator.locks && window.BroadcastChannel);
    }

    wake() {
      if (this.isAwake) return;
      this.isAwake = true;
      if (!this.shares) return this.lead();
      // Until it leads or hears the leader, it does not know what it missed.
      this.isStale = true;
      this.channel = new BroadcastChannel(this.circle);
      this.channel.onmessage = ({ data }) => this.overhear(data);
      this.channel.postMessage({ ask: true });
      this.candidacy = new AbortController();
      const { signal } = this.candidacy;
      const term = () =>
        new Promise((resign) => {
          this.resign = resign;
          this.lead();
        });
      navigator.locks.request(this.circle, { signal }, term).catch((error) => {
        if (this.isAwake && !signal.aborted) this.goAlone(error);
      });
    }

    rest() {
      if (!this.isAwake) return;
      this.isAwake = false;
      this.stream?.close();
      this.stream = undefined;
      this.candidacy?.abort();
      this.channel?.close();
      this.resign?.();
      this.candidacy = this.channel = this.resign = undefined;
    }

    goAlone(error) {
      console.warn("live: tabs cannot share a stream here", error);
      this.shares = false;
      this.channel?.close();
      this.channel = undefined;
      this.lead();
    }

    lead() {
      this.isStale = false;
      this.stream = new Stream(this.address, () => this.from(), (message) => this.say(message));
      this.stream.open();
    }

    /** Behind the last event heard, else since this page was made. */
    from() {
      if (this.mark) return `after=${encodeURIComponent(this.mark)}`;
      const age = Math.max(performance.now(), Date.now() - performance.timeOrigin);
      return `age=${Math.ceil(age / SECOND)}`;
    }

    say(message) {
      this.hear(message);
      this.channel?.postMessage(message);
    }

    overhear(message) {
      if (message.ask) {
        if (this.stream) this.channel.postMessage({ state: this.state, mark: this.mark });
      } else if (this.isStale) {
        this.isStale = false;
        this.hear({ ...message, name: "live:reset", detail: {} });
      } else {
        this.hear(message);
      }
    }

    hear({ name, detail, mark, state }) {
      if (mark) this.mark = mark;
      if (state) this.show(state);
      if (!name) return;
      if (detail.version) newest.set(detail.board, detail.version);
      for (const told of underway.values()) told.set(name, detail);
      document.body.dispatchEvent(new CustomEvent(name, { detail }));
    }

    show(state = this.state) {
      this.state = state;
      for (const element of document.querySelectorAll("[data-live-status]")) {
        element.dataset.liveState = state;
        const words = { on: "liveOn", wait: "liveWait", poll: "livePoll" }[state];
        const text = element.dataset[words] ?? "";
        if (element.textContent !== text) element.textContent = text;
      }
    }
  }

  /* An event that tells what the page already shows asks for nothing. */
  const shows = (element, { board, version }) =>
    [element, ...element.querySelectorAll("[data-board]")].some(
      ({ dataset }) => dataset.board === board && Number(dataset.version) >= version);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { target, requestConfig } = event.detail;
    const told = requestConfig?.triggeringEvent;
    if (told?.type.startsWith("live:board:") && target && shows(target, told.detail)) event.preventDefault();
  });

  /* What is told while a fragment is on its way may be missing from it, and nobody hears it: htmx
     forgets what it queued for the element that asked, and wires the one that takes its place a
     little later. So the fragment is fetched once more. */
  const underway = new Map(); // id of the fragment → what was told since it was asked for, by name
  document.addEventListener("htmx:beforeSend", ({ target }) => underway.set(target.id, new Map()));
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
    if (requestConfig.elt.isConnected) underway.delete(requestConfig.elt.id);
    if (successful) missing.delete(requestConfig.elt);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    const told = [...(underway.get(target.id) ?? [])];
    underway.delete(target.id);
    const triggers = target.getAttribute("hx-trigger") ?? "";
    const isMissing = ([name, detail]) => triggers.includes(`${name} from:body`) && !shows(target, detail);
    if (told.some(isMissing)) fetchAgain(target);
  });

  /* Nobody is told twice of what changed: a fragment that did not come (no network, a server that is
     just starting) is fetched until it does, and the reader is not bothered with it. */
  const missing = new Map(); // who asked for it → how often in vain, and what asks again
  const fetchAgain = (element) =>
    htmx.ajax("GET", element.getAttribute("hx-get"), { source: element, swap: element.getAttribute("hx-swap") });
  const tryAgain = (element) => {
    if (!element.isConnected) missing.delete(element);
    if (missing.has(element)) fetchAgain(element);
  };
  const missed = (event) => {
    const { xhr, requestConfig: { elt } } = event.detail;
    const isForGood = xhr.status >= 400 && xhr.status < 500 && xhr.status !== 429;
    if (isForGood || !elt.matches('[hx-trigger*="live:"]')) return;
    event.stopPropagation();
    const { tries = 0, timer } = missing.get(elt) ?? {};
    clearTimeout(timer);
    missing.set(elt, { tries: tries + 1, timer: setTimeout(() => tryAgain(elt), pauseAfter(tries + 1)) });
  };

  /* Of a burst pages are shown a quarter second's changes at its end, which is told when it comes. Who
     was told of a version, or may have missed it, is shown that one at once. */
  const newest = new Map(); // board → its newest version that was told of
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    const isReset = detail.triggeringEvent?.type === "live:reset";
    const version = isReset ? Number.MAX_SAFE_INTEGER : newest.get(target.dataset.board);
    if (version) detail.headers["Board-Version"] = version;
  });

  function start() {
    const meta = document.querySelector('meta[name="live"]');
    if (!meta) return;
    // A tab left over from another person who used this browser is of another circle.
    const tab = new Tab(meta.content, `live ${meta.content} ${meta.dataset.circle ?? ""}`);
    const look = () => (document.visibilityState === "visible" ? tab.wake() : tab.rest());
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pageshow", look);
    window.addEventListener("pagehide", () => tab.rest());
    window.addEventListener("offline", () => tab.stream?.lose());
    window.addEventListener("online", () => {
      tab.stream?.hurry();
      [...missing.keys()].forEach(tryAgain);
    });
    for (const failure of ["sendError", "timeout", "responseError"])
      document.body.addEventListener(`htmx:${failure}`, missed);
    document.body.addEventListener("htmx:afterSwap", () => tab.show());
    look();
  }

  // Behind htmx in the line of those who wait for the document: its triggers stand before we fire.
  if (document.readyState === "complete") start();
  else document.addEventListener("DOMContentLoaded", start);
})();
