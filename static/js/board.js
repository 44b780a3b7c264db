/* A leaderboard that moves: after htmx has swapped its rows each one glides to its new place, scores
   that changed light up for a moment, and the viewer hears of their own moves.

   The rows are the same for everyone; who looks at them is said around them:
     <section data-me="12" data-say-you="You" data-say-moved="You moved from {from} to {to}">
       <div id="rows" data-board="sales" data-version="12"> … <li data-member="12" data-rank="3"
         data-place="3rd" data-score="…"> … </div>
     </section>
   data-me holds the members (ids, separated by blanks) that are the viewer on *this* board: their
   partner, or their team on a board of teams.
   data-place is the rank in words of the reader's language; data-key may stand for data-member. */
(() => {
  "use strict";

  const GLIDE = { duration: 380, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
  const APPEAR = { duration: 300, easing: "ease-out" };
  const APPEARING = [{ opacity: 0, transform: "translateY(0.75rem)" }, { opacity: 1, transform: "none" }];
  const LIT = 1700; // milliseconds; the animation of .has-moved is a little shorter

  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const before = new Map(); // id of the fragment → what its rows were before the swap under way

  const boardsIn = (element) => {
    const inside = [...element.querySelectorAll("[data-board][data-version]")];
    return element.matches("[data-board][data-version]") ? [element, ...inside] : inside;
  };

  const said = (element, name) => element.closest(`[data-${name}]`)?.getAttribute(`data-${name}`);

  /** Rows by member; one that is shown twice (on the podium and below) has two names. */
  const rowsOf = (board) => {
    const rows = new Map();
    for (const row of board.querySelectorAll("[data-member], [data-key]")) {
      let name = row.dataset.member ?? row.dataset.key;
      while (rows.has(name)) name += " again";
      rows.set(name, row);
    }
    return rows;
  };

  const mine = (board) => {
    const ids = said(board, "me") ?? "";
    const rows = rowsOf(board);
    return ids.split(/\s+/).filter(Boolean).flatMap((id) =>
      [id, `${id} again`].filter((name) => rows.has(name)).map((name) => rows.get(name)));
  };

  /** Podium or table: between the two nothing glides, they look too different. */
  const listOf = (row) => row.parentElement.className;

  /** What must be known of the rows while they still stand where they did. */
  const remember = (board) => {
    const rows = new Map();
    for (const [name, row] of rowsOf(board)) {
      const { top, height } = row.getBoundingClientRect();
      rows.set(name, { x: row.offsetLeft, y: row.offsetTop, top, height, list: listOf(row), score: row.dataset.score });
    }
    const [me] = mine(board);
    const link = document.activeElement?.closest("[data-member] a, [data-key] a");
    before.set(board.id, {
      rows,
      rank: me?.dataset.rank,
      place: me?.dataset.place ?? me?.dataset.rank,
      focused: link && board.contains(link) ? link.getAttribute("href") : undefined,
      asking: board.querySelector("a[data-asking]")?.getAttribute("href"),
    });
  };

  const isSeen = (top, height) => top + height > 0 && top < innerHeight;

  const glide = (board, was) => {
    if (still.matches) return;
    // All is measured before anything moves: one layout, however many rows.
    const moves = [];
    for (const [name, row] of rowsOf(board)) {
      const { top, height } = row.getBoundingClientRect();
      const old = was.get(name);
      if (old?.list !== listOf(row)) {
        if (isSeen(top, height)) moves.push([row, APPEARING, APPEAR]);
        continue;
      }
      // Of the layout, not of the picture: a screen on a wall may be turned.
      const [x, y] = [old.x - row.offsetLeft, old.y - row.offsetTop];
      const isNear = isSeen(top, height) || isSeen(old.top, old.height);
      if (!isNear || (Math.abs(x) < 1 && Math.abs(y) < 1)) continue;
      // From far away a row comes in from the edge of the screen; who rises passes in front.
      const reach = Math.max(-innerHeight, Math.min(innerHeight, y));
      const zIndex = y > 0 ? 1 : 0;
      const from = { transform: `translate(${x}px, ${reach}px)`, zIndex };
      moves.push([row, [from, { transform: "none", zIndex }], GLIDE]);
    }
    for (const [row, frames, timing] of moves) row.animate(frames, timing);
  };

  const light = (board, was) => {
    for (const [name, row] of rowsOf(board)) {
      const old = was.get(name);
      if (!old || old.score === row.dataset.score) continue;
      row.classList.add("has-moved");
      setTimeout(() => row.classList.remove("has-moved"), LIT);
    }
  };

  const mark = (board) => {
    for (const row of mine(board)) {
      row.classList.add("is-me");
      row.setAttribute("aria-current", "true");
      const quiet = row.querySelector("[data-quiet]"); // who is last: told to nobody but themselves
      if (quiet) quiet.textContent = row.dataset.rank;
      const you = said(board, "say-you");
      if (!you || row.querySelector(".tag-you")) continue;
      const tag = document.createElement("span");
      tag.className = "tag tag-you";
      tag.textContent = you;
      const onPodium = row.querySelector(".podium-name");
      if (onPodium) onPodium.append(" ", tag);
      else (row.querySelector(".rank-name") ?? row.cells?.[0] ?? row).prepend(tag);
    }
  };

  const announce = (board, was) => {
    const [me] = mine(board);
    const announcer = document.getElementById("announcer");
    const words = said(board, "say-moved");
    if (!me || !announcer || !words || !was.rank || was.rank === me.dataset.rank) return;
    const to = me.dataset.place ?? me.dataset.rank;
    announcer.textContent = words.replace("{from}", was.place).replace("{to}", to);
  };

  const refocus = (board, href) => {
    if (!href || document.activeElement !== document.body) return;
    board.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
  };

  /** Who asked for more by keyboard goes on at its first row: the link they stood on is gone. */
  const goOn = (link) => {
    if (link?.rel !== "next" || ![link, document.body].includes(document.activeElement)) return;
    const row = link.closest(".board-rows")?.nextElementSibling?.querySelector("[data-member], [data-key]");
    if (row) row.tabIndex = -1;
    row?.focus({ preventScroll: true });
  };

  const each = (work) => {
    for (const board of boardsIn(document.body)) work(board, before.get(board.id));
  };

  document.addEventListener("htmx:beforeSend", ({ target }) => target.toggleAttribute("data-asking", true));
  document.addEventListener("htmx:afterRequest", ({ target }) => target.removeAttribute("data-asking"));

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    detail.requestConfig?.elt.removeAttribute("data-asking");
    if (detail.shouldSwap) boardsIn(detail.target).forEach(remember);
  });

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    goOn(detail.requestConfig?.elt);
    each((board, was) => {
      mark(board);
      if (!was || was.hasGlided) return;
      was.hasGlided = true;
      glide(board, was.rows);
      refocus(board, was.focused);
    });
  });

  // htmx puts the rows' classes back in place after the swap; ours go on top of them.
  document.addEventListener("htmx:afterSettle", () => {
    each((board, was) => {
      mark(board);
      if (!was?.hasGlided) return;
      before.delete(board.id);
      light(board, was.rows);
      announce(board, was);
      // More was asked for, and its answer finds no place any more: it is asked for again.
      if (was.asking) board.querySelector(`a[href="${CSS.escape(was.asking)}"]`)?.click();
    });
  });

  const start = () => each(mark);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
