/* `engage video preview`: a scrubber over the frames of a template, and a look every second whether its
   files were saved. One frame is asked for at a time; while it is drawn only the newest wish is kept. */
(() => {
  "use strict";

  const $ = (id) => document.getElementById(id);
  const LOOK = 700; // milliseconds between two looks at the files
  const STEP = 0.2; // seconds of film from frame to frame while it plays

  let version = "";
  let drawing = false;
  let wished = false;

  const query = (more) => new URLSearchParams({ ...Object.fromEntries(new FormData($("choices"))), ...more });

  function draw() {
    $("time").textContent = `${Number($("at").value).toFixed(1)} s`;
    if (drawing) {
      wished = true;
      return;
    }
    drawing = true;
    $("frame").src = `/frame.jpg?${query({ at: $("at").value, v: version })}`;
  }

  function drawn() {
    drawing = false;
    if (wished) {
      wished = false;
      draw();
    } else if ($("play").ariaPressed === "true") {
      const next = Number($("at").value) + STEP;
      $("at").value = next > Number($("at").max) ? 0 : next;
      draw();
    }
  }

  function options(select, words) {
    const chosen = select.value;
    select.replaceChildren(...words.map((word) => new Option(word, word, false, word === chosen)));
  }

  function mark(scene) {
    const button = document.createElement("a");
    button.href = `#${scene.name}`;
    button.textContent = `${scene.name} ${scene.at.toFixed(1)}`;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      $("at").value = scene.at + 1.5;
      draw();
    });
    return button;
  }

  function mistake(problem) {
    const item = document.createElement("li");
    const where = document.createElement("strong");
    where.textContent = `${problem.file}:${problem.line} ${problem.field}`;
    item.append(where, document.createElement("br"), `${problem.problem}; ${problem.remedy}`);
    return item;
  }

  async function look() {
    let state;
    try {
      state = await (await fetch(`/state?${query({})}`)).json();
    } catch {
      return; // the command was stopped, or is being started again
    }
    if (state.version === version) return;
    version = state.version;
    if (state.formats) options($("format"), state.formats);
    if (state.languages) options($("language"), state.languages);
    $("problems").hidden = !state.problems.length;
    $("mistakes").replaceChildren(...state.problems.map(mistake));
    $("why").hidden = !state.why;
    $("why").textContent = state.why;
    $("film").hidden = !state.seconds;
    if (!state.seconds) return;
    $("at").max = state.seconds.toFixed(1);
    $("scenes").replaceChildren(...state.scenes.map(mark));
    draw();
  }

  $("frame").addEventListener("load", drawn);
  $("frame").addEventListener("error", drawn);
  $("at").addEventListener("input", draw);
  $("choices").addEventListener("change", look);
  $("choices").addEventListener("submit", (event) => event.preventDefault());
  $("play").addEventListener("click", () => {
    const plays = $("play").ariaPressed !== "true";
    $("play").ariaPressed = String(plays);
    $("play").textContent = plays ? "Pause" : "Play";
    if (plays) draw();
  });
  look();
  setInterval(look, LOOK);
})();
