/* Films: going on where one stopped, speed, and what a partner's own film is told of being watched:
     <video data-told="address">   which tenths were played, and which pages its partner opens in the
                                   seven days after. Small posts that may be lost or repeated.
   Nothing is told where the browser asks not to be followed. A film plays without any of this. */
(() => {
  "use strict";

  const LAST = "engage:film"; // the film watched last: {address, until, opened: [pages]}
  const DAY = 86400000;
  const PAGES = { missions: "mission", leaderboards: "board", earnings: "earnings", rewards: "reward" };
  const asksNotTo = navigator.globalPrivacyControl || navigator.doNotTrack === "1";

  const kept = (key) => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const keep = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch { /* a browser that keeps nothing */ }
  };
  const tell = (address, said) => {
    if (asksNotTo) return;
    const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    fetch(address, { method: "POST", body: new URLSearchParams(said), headers, keepalive: true }).catch(() => {});
  };

  /* --- what is opened after a film ---------------------------------------------------------------- */

  const last = kept(LAST);
  const page = PAGES[location.pathname.split("/")[1]];
  if (last && Date.now() > last.until) keep(LAST, null);
  else if (last && page && !last.opened.includes(page)) {
    tell(last.address, { opened: page });
    keep(LAST, { ...last, opened: [...last.opened, page] });
  }

  /* --- the player --------------------------------------------------------------------------------- */

  const begun = new WeakSet();

  const follow = (player) => {
    if (begun.has(player)) return;
    begun.add(player);
    const place = `engage:at:${new URL(player.querySelector("source").src).pathname}`;
    const address = player.dataset.told;
    let played = 0;
    let told = 0;

    const goOn = () => {
      const at = kept(place);
      if (at > 1 && at < player.duration - 1) player.currentTime = at;
    };
    if (player.readyState >= 1) goOn();
    else player.addEventListener("loadedmetadata", goOn, { once: true });

    const say = () => {
      if (!address || played === told) return;
      tell(address, { tenths: played });
      if (!told) keep(LAST, { address, until: Date.now() + 7 * DAY, opened: [] });
      told = played;
    };
    const remember = () => {
      keep(place, player.ended ? null : player.currentTime);
      say();
    };

    player.addEventListener("timeupdate", () => {
      if (player.paused || player.seeking || !player.duration) return;
      played |= 1 << Math.min(9, Math.floor((10 * player.currentTime) / player.duration));
      if (!told) say();
    });
    for (const event of ["pause", "ended"]) player.addEventListener(event, remember);
    document.addEventListener("visibilitychange", () => { if (document.hidden) remember(); });

    const speed = player.parentElement.querySelector("[data-speed]");
    if (speed) {
      speed.hidden = false;
      speed.addEventListener("change", (event) => { player.playbackRate = Number(event.target.value); });
    }
  };

  const look = () => document.querySelectorAll("video.player").forEach(follow);
  document.addEventListener("htmx:afterSwap", look);
  look();
})();
