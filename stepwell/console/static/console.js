// What forms and links cannot do: keys on the picture of a journey, and saying that the server is away.
(function () {
  "use strict";
  const keys = { "+": "closer", "=": "closer", "-": "wider", "0": "all", ArrowLeft: "earlier", ArrowRight: "later" };

  document.addEventListener("keydown", function (event) {
    const box = document.getElementById("timeline-box");
    if (!box || document.activeElement !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    const turn = keys[event.key] && document.getElementById("turn-" + keys[event.key]);
    if (!turn) return;
    event.preventDefault();
    turn.click();
  });

  const trouble = document.getElementById("trouble");
  const away = function () { trouble.hidden = false; };
  document.addEventListener("htmx:sendError", away);
  document.addEventListener("htmx:timeout", away);
  document.addEventListener("htmx:responseError", function (event) { if (event.detail.xhr.status >= 500) away(); });
  document.addEventListener("htmx:afterRequest", function (event) { if (event.detail.successful) trouble.hidden = true; });

  // a part that asks for itself again is not put in another's place while somebody is at work in it
  document.addEventListener("htmx:beforeSwap", function (event) {
    const at = event.detail.target, focused = document.activeElement;
    const asked = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    const isByItself = !asked || asked.type === "load" || !asked.isTrusted;
    if (isByItself && at && at.id === "now" && focused && focused !== document.body && at.contains(focused) && !focused.id) {
      event.detail.shouldSwap = false;
    }
  });

  const every = document.querySelector("#bulk input[name=every]");
  if (every) {
    every.addEventListener("change", function () {
      document.querySelectorAll("#bulk input[name=journey]").forEach(function (box) { box.disabled = every.checked; });
    });
  }
})();
