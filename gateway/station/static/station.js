/* Without this file a carer would have to reload the page: what happens comes by itself, rings, and counts.
   Plain old JavaScript on purpose: the tablet on the wall may be ten years old. */
(function (page) {
  "use strict";

  var facts = page.facts, words = page.words, byId = page.byId, each = page.each, now = page.now, say = page.say;
  var clocks = page.clocks, sound = page.sound;
  var last = facts.last, counts = facts.counts;
  var source = null, heardMs = now(), retryMs = 1000, failures = 0;
  var title = document.title, loading = null, changes = 0;

  /* ---- asking the gateway */

  function ask(method, url, body, then) {
    var request = new XMLHttpRequest();
    request.open(method, url);
    request.timeout = 15000;
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Tiexin-Token", facts.token);
    if (body) { request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded"); }
    request.onload = function () { then(request.status, request.responseText); };
    request.onerror = request.ontimeout = function () { then(0, ""); };
    request.send(body || null);
  }

  /* ---- parts of the page */

  function parse(html, host) {
    var box = document.createElement(host.tagName);
    box.innerHTML = html;
    return box;
  }

  /* A part is replaced under the hands of whoever uses it: what had the focus keeps it, what was unfolded stays so. */
  function keeping(act) {
    var active = document.activeElement, id = active && active.id, open = {};
    each(document.querySelectorAll("details[open][id]"), function (one) { open[one.id] = true; });
    act();
    Object.keys(open).forEach(function (name) { if (byId(name)) { byId(name).open = true; } });
    if (id && document.activeElement !== byId(id) && byId(id)) { byId(id).focus(); }
  }

  function before(one, other) {
    var a = one.getAttribute("data-order"), b = other.getAttribute("data-order");
    if (a !== b) { return a < b; }
    return Number(one.getAttribute("data-stamp")) < Number(other.getAttribute("data-stamp"));
  }

  /* Put an element where it belongs: in the place of the old one, or where its order says. Returns whether it is new. */
  function put(host, made) {
    var old = byId(made.id), place = null, i;
    if (old && old.getAttribute("data-order") === made.getAttribute("data-order")) {
      host.replaceChild(made, old);
      return false;
    }
    if (old) { host.removeChild(old); }
    for (i = 0; i < host.children.length && !place; i += 1) {
      if (before(made, host.children[i])) { place = host.children[i]; }
    }
    host.insertBefore(made, place);
    return !old;
  }

  function putAll(host, html, whenNew) {
    keeping(function () {
      each(Array.prototype.slice.call(parse(html, host).children), function (made) {
        if (put(host, made) && whenNew) { whenNew(made); }
      });
    });
    clocks.tick();
    clocks.ages();
  }

  /* What comes was written a moment ago: it may lack an alarm that was told meanwhile, and is then asked for again. */
  function load(host) {
    var before = changes;
    ask("GET", host.getAttribute("data-part"), null, function (status, text) {
      if (status !== 200) { notLoaded(status); return; }
      if (changes !== before) { loadSoon(); }
      keeping(function () { host.innerHTML = text; });
      clocks.tick();
      clocks.ages();
      sift();
    });
  }

  function loadAll() {
    each(document.querySelectorAll("[data-part]"), load);
    ask("GET", "/parts/counts", null, function (status, text) {
      if (status === 200) { count(JSON.parse(text)); } else { notLoaded(status); }
    });
  }

  /* What did not come is asked for until it comes: it may be an alarm. */
  function notLoaded(status) {
    if (status === 401) { signIn(); return; }
    loadSoon();
  }

  function loadSoon() {
    if (!loading) { loading = setTimeout(function () { loading = null; loadAll(); }, 3000); }
  }

  function signIn() { location.href = "/sign-in?next=" + encodeURIComponent(location.pathname); }

  /* ---- what happens */

  var on = {
    "case": function (html) {
      if (byId("cases")) { putAll(byId("cases"), html, announce); }
      reloadIf(html);
    },
    gone: function (id) {
      var card = byId("case-" + id);
      if (card && byId("cases")) { keeping(function () { card.parentNode.removeChild(card); }); }
      if (byId("more-cards")) { load(byId("cases")); }
      reloadIf(id);
    },
    service: function (id) {
      each(document.querySelectorAll("[data-services]"), load);
      reloadIf(id);
    },
    wearer: function (html) {
      if (byId("wearers")) { putAll(byId("wearers"), html); sift(); }
    },
    count: function (text) { count(JSON.parse(text)); },
    beat: function (text) { clocks.follow(JSON.parse(text)); },
    refresh: function (mark) {
      var isOld = (mark && mark !== facts.mark) || document.querySelector("[data-reload]");
      if (isOld) { location.reload(); } else { loadAll(); }
    }
  };

  function reloadIf(text) {
    var page = document.querySelector("[data-reload]");
    if (page && text.indexOf(page.getAttribute("data-reload")) >= 0) { location.reload(); }
  }

  function announce(card) {
    if (card.className.indexOf("unanswered") < 0) { return; }
    byId("announce").textContent = say("new_alarm", {
      name: card.querySelector("h2").textContent, what: card.querySelector(".what span").textContent
    });
  }

  function count(told) {
    counts = told;
    badge("badge-open", counts.open);
    badge("badge-services", counts.services);
    if (byId("open-count")) { byId("open-count").textContent = counts.open; }
    if (byId("calm")) { byId("calm").hidden = counts.open > 0; }
    byId("deaf").hidden = !counts.deaf;
    byId("ringing").hidden = !counts.unanswered || !!byId("cases");
    byId("ringing-text").textContent = say("ringing", { count: counts.unanswered });
    ring();
  }

  function ring() {
    sound.ring(counts.unanswered > 0);
    flash();
  }

  function badge(id, number) {
    if (byId(id)) { byId(id).textContent = number; byId(id).hidden = !number; }
  }

  /* ---- the line to the gateway */

  function connect() {
    if (source) { source.close(); }
    source = new EventSource("/events?since=" + encodeURIComponent(last));
    source.onopen = function () { heard(); };
    source.onerror = function () { again(); };
    Object.keys(on).forEach(function (kind) {
      source.addEventListener(kind, function (event) {
        heard();
        if (event.lastEventId) { last = event.lastEventId; }
        if (kind !== "beat" && kind !== "count" && kind !== "refresh") { changes += 1; }
        on[kind](event.data);
      });
    });
  }

  function heard() {
    heardMs = now();
    retryMs = 1000;
    failures = 0;
    if (!byId("lost").hidden) { byId("lost").hidden = true; toast(words.line_back); }
  }

  function again() {
    if (!source) { return; }
    source.close();
    source = null;
    failures += 1;
    setTimeout(connect, retryMs);
    retryMs = Math.min(3000, retryMs * 1.5);
    if (failures % 2 === 0) {
      ask("GET", "/parts/counts", null, function (status) {
        if (status === 401) { signIn(); }
      });
    }
  }

  function watchLine() {
    var silentMs = now() - heardMs;
    if (silentMs > 3000 && failures > 0) { byId("lost").hidden = false; }
    if (silentMs > 16000) { byId("lost").hidden = false; if (source) { again(); } heardMs = now() - 5000; }
  }

  function flash() {
    var isOdd = Math.floor(Date.now() / 1000) % 2;
    document.title = counts.unanswered ? (isOdd ? "⚠ (" + counts.unanswered + ") " : "● ") + title : title;
  }

  /* ---- hands */

  function toast(text, isFault) {
    var one = document.createElement("p");
    one.textContent = text;
    one.className = isFault ? "fault" : "";
    if (isFault) { one.setAttribute("role", "alert"); }
    byId("toasts").appendChild(one);
    setTimeout(function () { if (one.parentNode) { one.parentNode.removeChild(one); } }, isFault ? 20000 : 6000);
  }

  function act(button) {
    var body = "token=" + encodeURIComponent(facts.token);
    if (button.name) { body += "&" + encodeURIComponent(button.name) + "=" + encodeURIComponent(button.value); }
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    ask("POST", button.getAttribute("formaction"), body, function (status, text) {
      var told = {};
      try { told = JSON.parse(text); } catch (fault) { told = {}; }
      button.disabled = false;
      button.removeAttribute("aria-busy");
      if (status === 401) { signIn(); return; }
      if (status === 200) { toast(told.said || ""); } else { toast(told.fault || words.fault_line, true); }
      if (status === 200 && button.hasAttribute("data-then")) { location.href = told.to; }
    });
  }

  var isAll = true; /* nobody is sifted out */

  function sift() {
    var find = byId("find"), host = byId("wearers"), shown = 0;
    if (!find || !host) { return; }
    byId("wearers-count").textContent = host.children.length;
    byId("no-wearers").hidden = host.children.length > 0;
    if (isAll && !find.value && !byId("only").checked) { return; }
    isAll = !find.value && !byId("only").checked;
    each(host.children, function (row) {
      var isHit = row.textContent.toLowerCase().indexOf(find.value.trim().toLowerCase()) >= 0;
      row.hidden = !isHit || (byId("only").checked && row.className === "well");
      if (!row.hidden) { shown += 1; }
    });
    byId("nobody-found").hidden = shown > 0;
  }

  document.addEventListener("click", function (event) {
    var button = event.target;
    while (button && button.nodeName !== "BUTTON") { button = button.parentNode; }
    sound.wake();
    if (button && button.hasAttribute("data-do")) { event.preventDefault(); act(button); }
    if (button && button.hasAttribute("data-print")) { window.print(); }
  });
  document.addEventListener("keydown", sound.wake);
  if (byId("find")) {
    byId("find").addEventListener("input", sift);
    byId("only").addEventListener("change", sift);
  }
  /* A page that the browser has put aside and shown again, or a tablet that has slept, looks at once. */
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && now() - heardMs > 10000 && source) { again(); }
  });

  connect();
  clocks.tick();
  clocks.ages();
  ring();
  setInterval(function () { clocks.tick(); flash(); watchLine(); }, 1000);
  setInterval(clocks.ages, 15000);
}(tiexin));
