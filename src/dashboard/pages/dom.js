// Making and renewing elements. Text of users only ever becomes text nodes:
// nothing here, or anywhere in these pages, parses HTML.

/// h("a", {href: "#/nodes", class: "x", onclick: f}, "text", [more, nodes]);
/// null and false children are left out.
export function h(name, properties, ...children) {
  return make(document.createElement(name), properties, children);
}

/// The same for drawings.
export function svg(name, properties, ...children) {
  const space = "http://www.w3.org/2000/svg";
  return make(document.createElementNS(space, name), properties, children);
}

function make(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false)
      continue;
    if (key.startsWith("on"))
      element[key] = value;
    else
      element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child))
      append(element, child);
    else if (child instanceof Node)
      element.append(child);
    else if (child !== null && child !== undefined && child !== false)
      element.append(document.createTextNode(String(child)));
  }
}

/// Stands in what is drawn for *element*, which whoever made it draws: the
/// element itself comes to where this is, and stays as it is.
export function keep(element) {
  const stand = document.createElement("span");
  stand.className = "stand";
  stand.real = element;
  return stand;
}

/// *fresh* with elements themselves where something stands for them.
function settled(fresh) {
  for (const stand of fresh.querySelectorAll?.(".stand") ?? [])
    stand.replaceWith(stand.real);
  return fresh.real ?? fresh;
}

const handlers = ["onclick", "onchange", "oninput", "onsubmit"];

/// Makes *old* look like *fresh* and keeps what is alike: focus, selection and
/// scroll position stay. What has data-keep belongs to whoever made it, as long
/// as its value is the same.
function renew(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(settled(fresh));
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data)
      old.data = fresh.data;
    return;
  }
  const kept = fresh.dataset?.keep;
  if (kept !== undefined || old.dataset?.keep !== undefined) {
    if (old.dataset.keep !== kept)
      old.replaceWith(settled(fresh));
    return;
  }
  renewAttributes(old, fresh);
  renewChildren(old, [...fresh.childNodes]);
}

function renewAttributes(old, fresh) {
  for (const {name} of [...old.attributes])
    // People open and close these.
    if (!fresh.hasAttribute(name) && name !== "open")
      old.removeAttribute(name);
  for (const {name, value} of [...fresh.attributes])
    if (old.getAttribute(name) !== value)
      old.setAttribute(name, value);
  for (const name of handlers)
    if (old[name] !== fresh[name])
      old[name] = fresh[name];
  if ("value" in fresh && old !== document.activeElement
      && old.value !== fresh.value)
    old.value = fresh.value;
}

/// Rows of tables carry data-key and move; everything else stays in its place.
function renewChildren(old, fresh) {
  const byKey = new Map();
  for (const child of old.childNodes)
    if (child.dataset?.key)
      byKey.set(child.dataset.key, child);
  let at = old.firstChild;
  for (const child of fresh) {
    const known = child.dataset?.key && byKey.get(child.dataset.key);
    if (child.real) {
      if (child.real === at)
        at = at.nextSibling;
      else
        old.insertBefore(child.real, at);
    } else if (known) {
      if (known === at)
        at = at.nextSibling;
      else
        old.insertBefore(known, at);
      renew(known, child);
    } else if (at && !at.dataset?.key && !child.dataset?.key) {
      const next = at.nextSibling;
      renew(at, child);
      at = next;
    } else {
      old.insertBefore(settled(child), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/// Shows *children* in *parent*.
export function show(parent, ...children) {
  const fresh = document.createElement("div");
  append(fresh, children);
  renewChildren(parent, [...fresh.childNodes]);
}

