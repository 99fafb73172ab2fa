/* Without this file a carer would have to reload the page: what happens comes by itself, rings, and counts.
   Plain old JavaScript on purpose: the tablet on the wall may be ten years old. */
(function () {
  "use strict";

  var facts = read("facts"), words = read("words");
  var last = facts.last, counts = facts.counts;
  var source = null, heardMs = now(), retryMs = 1000, failures = 0;
  var stampBase = facts.stamp - now(), unixBase = facts.unix * 1000 - now();
  var title = document.title, loading = null;

  function read(id) { return JSON.parse(document.getElementById(id).textContent); }
  function byId(id) { return document.getElementById(id); }
  function now() { return window.performance && performance.now ? performance.now() : Date.now(); }
  function stampMs() { return now() + stampBase; }
  function unixS() { return facts.unix ? (now() + unixBase) / 1000 : 0; }
  function each(list, act) { Array.prototype.forEach.call(list, act); }
  function say(key, values) {
    return words[key].replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }

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
    tick();
    ages();
  }

  function load(host) {
    ask("GET", host.getAttribute("data-part"), null, function (status, text) {
      if (status !== 200) { notLoaded(status); return; }
      keeping(function () { host.innerHTML = text; });
      tick();
      ages();
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
    service: function () { each(document.querySelectorAll("[data-services]"), load); },
    wearer: function (html) {
      if (byId("wearers")) { putAll(byId("wearers"), html); sift(); }
    },
    count: function (text) { count(JSON.parse(text)); },
    beat: function (text) {
      var told = JSON.parse(text);
      stampBase = told.stamp - now();
      unixBase = told.unix * 1000 - now();
      facts.unix = told.unix;
    },
    refresh: function (mark) {
      if (mark && mark !== facts.mark) { location.reload(); } else { loadAll(); }
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

  /* ---- clocks */

  function clockText(ms) {
    var s = Math.max(0, Math.floor(ms / 1000)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    function two(n) { return (n < 10 ? "0" : "") + n; }
    return h ? h + ":" + two(m) + ":" + two(s % 60) : m + ":" + two(s % 60);
  }

  function tick() {
    each(document.querySelectorAll(".clock[data-from]"), function (clock) {
      var ms = stampMs() - Number(clock.getAttribute("data-from"));
      var colour = ms > clock.getAttribute("data-red") * 1000 ? "red"
        : ms > clock.getAttribute("data-amber") * 1000 ? "amber" : "green";
      clock.querySelector(".digits").textContent = clockText(ms);
      if (clock.getAttribute("data-colour") !== colour) {
        clock.setAttribute("data-colour", colour);
        clock.querySelector(".light").textContent = words[colour];
      }
    });
  }

  function ages() {
    if (!unixS()) { return; }
    each(document.querySelectorAll("time[data-unix]"), function (one) {
      var s = unixS() - Number(one.getAttribute("data-unix"));
      var text = s < 60 ? words.ago_now : s < 3600 ? say("ago_min", { n: Math.floor(s / 60) })
        : s < 2 * 86400 ? say("ago_h", { n: Math.floor(s / 3600) }) : say("ago_d", { n: Math.floor(s / 86400) });
      if (!one.title) { one.title = one.textContent; }
      if (one.textContent !== text) { one.textContent = text; }
    });
  }

  /* ---- sound: two rising tones until somebody answers */

  var Audio = window.AudioContext || window.webkitAudioContext, audio = null, ringer = null;

  function wantsSound() {
    try { return localStorage.getItem("tiexin-sound") !== "off"; } catch (fault) { return true; }
  }

  function wake() {
    if (!Audio || !wantsSound()) { return; }
    audio = audio || new Audio();
    if (audio.state === "suspended") { audio.resume().then(showSound, showSound); }
    showSound();
  }

  function showSound() {
    var isOn = wantsSound(), mayPlay = audio && audio.state === "running";
    byId("sound").hidden = !Audio;
    byId("sound").setAttribute("aria-pressed", isOn ? "true" : "false");
    byId("tap").hidden = !Audio || !isOn || mayPlay;
  }

  function tone(hz, atS, forS) {
    var one = audio.createOscillator(), loud = audio.createGain(), begin = audio.currentTime + atS;
    one.type = "triangle";
    one.frequency.value = hz;
    loud.gain.setValueAtTime(0.0001, begin);
    loud.gain.exponentialRampToValueAtTime(0.5, begin + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.0001, begin + forS);
    one.connect(loud);
    loud.connect(audio.destination);
    one.start(begin);
    one.stop(begin + forS + 0.05);
  }

  function ringOnce() {
    if (audio && audio.state === "running" && wantsSound()) {
      tone(660, 0, 0.25);
      tone(880, 0.28, 0.25);
      tone(1175, 0.56, 0.45);
      document.documentElement.setAttribute("data-rang", String(Number(document.documentElement.getAttribute("data-rang") || 0) + 1));
    }
    if (navigator.vibrate && wantsSound()) { try { navigator.vibrate([300, 150, 300]); } catch (fault) { return; } }
  }

  function ring() {
    if (counts.unanswered && !ringer) {
      ringOnce();
      ringer = setInterval(ringOnce, 2500);
    } else if (!counts.unanswered && ringer) {
      clearInterval(ringer);
      ringer = null;
    }
    flash();
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
    wake();
    if (button && button.hasAttribute("data-do")) { event.preventDefault(); act(button); }
    if (button && button.hasAttribute("data-print")) { window.print(); }
  });
  document.addEventListener("keydown", wake);
  byId("sound").addEventListener("click", function () {
    try { localStorage.setItem("tiexin-sound", wantsSound() ? "off" : "on"); } catch (fault) { return; }
    wake();
    showSound();
    if (wantsSound() && audio) { ringOnce(); }
  });
  if (byId("find")) {
    byId("find").addEventListener("input", sift);
    byId("only").addEventListener("change", sift);
  }
  /* A page that the browser has put aside and shown again, or a tablet that has slept, looks at once. */
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && now() - heardMs > 10000 && source) { again(); }
  });

  if (window.AudioContext) { try { audio = new Audio(); } catch (fault) { audio = null; } }
  showSound();
  if (audio) { audio.onstatechange = showSound; }
  connect();
  tick();
  ages();
  ring();
  setInterval(function () { tick(); flash(); watchLine(); }, 1000);
  setInterval(ages, 15000);
}());
