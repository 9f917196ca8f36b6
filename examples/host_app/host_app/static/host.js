// What makes the pages a little nicer where scripts run; everything works without.

// Where an answer decides what else is asked, ask the server as soon as it changes.
document.addEventListener("change", async (event) => {
  const field = event.target;
  const form = field.closest("form[data-updates]");
  if (!form || !field.hasAttribute("data-decides")) return;
  const given = new FormData(form);
  given.set("do", "update");
  const answer = await fetch(form.action, { method: "POST", body: given });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("parts");
  const parts = document.getElementById("parts");
  if (!fresh || !parts) return;
  const { name, value, id } = document.activeElement;
  parts.replaceWith(fresh);
  const again = id ? document.getElementById(id) : [...form.elements].find((one) => one.name === name && one.value === value);
  again?.focus();
});

// With scripts, nobody has to press the button that asks the server.
for (const button of document.querySelectorAll("[data-plain]")) button.hidden = true;

// How long an exercise has been going on.
for (const clock of document.querySelectorAll("[data-since]")) {
  const began = new Date(clock.dataset.since);
  const show = () => {
    const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
    clock.querySelector("b").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  clock.hidden = false;
  show();
  setInterval(show, 1000);
}
