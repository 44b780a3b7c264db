/* A screen on a wall: slides that take turns, fresh when they come up and while they stand, and
   celebrations that interrupt them. It runs for weeks, so it keeps nothing: elements stay, only what
   is in them is replaced, and there is one timer for the turn.

   <main id="slides" data-seconds="20" data-celebrations="…/celebrations/" data-sound?> holds a
   <section id data-event="live:board:sales" hx-get hx-trigger="live:refresh"> per slide; the server answers
   a slide that is out of date, or of a screen turned off, by having the page load itself again. */
(() => {
  "use strict";

  const SECOND = 1000;
  const AHEAD = 1.5 * SECOND; // the next slide is fetched so long before it stands
  const PARTY = 9 * SECOND;
  const WAITING = 5; // celebrations in line; who is late is left out

  const root = document.getElementById("slides");
  const party = document.getElementById("party");
  const dots = document.getElementById("dots").children;
  const slides = [...root.children];
  const stands = Math.max(Number(root.dataset.seconds) * SECOND, 2 * AHEAD);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let current = 0;
  const waiting = [];
  let isCelebrating = false;

  const pause = (time) => new Promise((over) => setTimeout(over, time));
  const refresh = (slide) => htmx.trigger(slide, "live:refresh");

  /** A change of the whole picture: it fades, where that is not too much movement. */
  const fade = (work) => {
    if (still.matches || !document.startViewTransition || document.hidden) return work();
    const { ready, finished } = document.startViewTransition(work);
    ready.catch(() => {}); // skipped: the work is done all the same
    finished.catch(() => {});
  };

  const show = (number) => {
    slides[current].hidden = true;
    dots[current]?.removeAttribute("class");
    current = number;
    slides[current].hidden = false;
    if (dots[current]) dots[current].className = "is-on";
  };

  const turn = async () => {
    for (;;) {
      await pause(stands - AHEAD);
      const next = (current + 1) % slides.length;
      refresh(slides[next]);
      await pause(AHEAD);
      while (isCelebrating) await pause(SECOND);
      if (next !== current) fade(() => show(next));
    }
  };

  const chime = () => {
    if (!("sound" in root.dataset)) return;
    const sound = new AudioContext();
    const volume = new GainNode(sound, { gain: 0 });
    volume.connect(sound.destination);
    [523.25, 659.25, 783.99].forEach((frequency, number) => {
      const tone = new OscillatorNode(sound, { frequency, type: "sine" });
      tone.connect(volume);
      tone.start(number * 0.14);
      tone.stop(1.6);
    });
    volume.gain.linearRampToValueAtTime(0.2, sound.currentTime + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 1.6);
    setTimeout(() => sound.close(), 2 * SECOND);
  };

  const celebrate = async () => {
    if (isCelebrating) return;
    isCelebrating = true;
    while (waiting.length) {
      const address = root.dataset.celebrations + encodeURIComponent(waiting.shift());
      const answer = await fetch(address).catch(() => undefined);
      if (answer?.status !== 200) continue;
      party.innerHTML = await answer.text();
      fade(() => { party.hidden = false; });
      chime();
      await pause(PARTY);
      fade(() => {
        party.hidden = true;
        party.replaceChildren();
      });
    }
    isCelebrating = false;
  };

  document.body.addEventListener("live:celebration", ({ detail }) => {
    if (waiting.length < WAITING) waiting.push(detail.what);
    celebrate();
  });

  /* What stands is kept fresh; the others are when they come up. */
  for (const slide of slides) {
    const told = () => {
      if (!slide.hidden) refresh(slide);
    };
    for (const name of [slide.dataset.event, "live:reset", "live:poll"])
      if (name) document.body.addEventListener(name, told);
  }

  /* The system is not to turn the screen off. */
  const stayAwake = () => {
    if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();

  show(0);
  turn();
})();
