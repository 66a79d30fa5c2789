"""The pages, and scripts that look at them."""

# Address, heading, what must be there: rows of tables, or other elements.
PAGES = {
    "overview": ("overview", "Overview", "a.tile", 6),
    "nodes": ("nodes", "Nodes", "tbody tr", 2),
    "node": ("node?id=n1", "Node n1", ".dygraph-axis-label", 6),
    "tasks": ("tasks", "Tasks", "tbody tr", 20),
    "timeline": ("timeline?span=10", "Timeline", "details tbody tr", 10),
    "graph": ("graph?root=j1", "Graph of j1", ".drawing a", 6),
    "actors": ("actors", "Actors", "tbody tr", 4),
    "objects": ("objects", "Objects", "tbody tr", 3),
    "jobs": ("jobs", "Jobs", "tbody tr", 1),
    "logs": ("logs", "Logs", "tbody tr", 1),
    "log": ("logs?node=n1&merged=1", "Logs", "pre.log", 1),
    "errors": ("errors", "Errors", "tbody tr", 1),
    "about": ("about", "About", "dl.facts dt", 5),
}

COUNT = """const shown = document.querySelector("h1")?.textContent.trim();
return shown === arguments[0]
  && document.querySelectorAll("main " + arguments[1]).length
     >= arguments[2];"""

FACTS = """return document.querySelector("h1")?.textContent.toLowerCase()
    .startsWith(`${arguments[0]} `)
  && document.querySelectorAll("dl.facts dt").length >= 2;"""

TEXT = "return document.querySelector(arguments[0])?.textContent ?? '';"

CHANGED = """const now = document.querySelector(arguments[0])?.textContent;
return now && now !== arguments[1] ? now : "";"""

LIVE = """return document.getElementById("connection").dataset.state
  === arguments[0];"""
