"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const list = $("findings");
  const findings = [...document.querySelectorAll(".finding")];
  if (!findings.length) return;
  const rank = ["critical", "high", "medium", "low", "info"];
  const hiddenLevels = new Set();

  const regroup = () => {
    const by = $("group").value;
    const groups = new Map();
    for (const finding of findings) {
      const key = finding.dataset[by];
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(finding);
    }
    let keys = [...groups.keys()];
    if (by === "severity") keys.sort((a, b) => rank.indexOf(a) - rank.indexOf(b));
    else if (by === "rule") keys.sort((a, b) => groups.get(b).length - groups.get(a).length || (a < b ? -1 : 1));
    list.replaceChildren(...keys.map((key) => {
      const section = document.createElement("section");
      section.className = "group";
      const head = document.createElement("h3");
      head.textContent = key;
      section.append(head, ...groups.get(key));
      return section;
    }));
    filter();
  };

  const filter = () => {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const finding of findings) {
      const { severity, rule, path } = finding.dataset;
      const text = `${severity} ${rule} ${path} ${finding.querySelector(".message").textContent}`.toLowerCase();
      finding.hidden = hiddenLevels.has(severity) || !words.every((word) => text.includes(word));
      if (!finding.hidden) shown += 1;
    }
    for (const group of list.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".finding:not([hidden])");
    }
    $("shown").textContent = `${shown} of ${findings.length}`;
  };

  for (const button of document.querySelectorAll("#controls button")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (on) hiddenLevels.delete(button.dataset.severity);
      else hiddenLevels.add(button.dataset.severity);
      filter();
    });
  }
  $("search").addEventListener("input", filter);
  $("group").addEventListener("change", regroup);
  $("controls").hidden = false;
  filter();
})();
