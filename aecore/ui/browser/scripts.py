"""The views' scripts. Each ``.js`` file is a module; a view's goes to the browser as one text with all that it imports.

A file imports by name alone, ``import { a, b } from "./file.js";``, and no two files define the same name: so the text
is the files one after the other, without their imports and exports.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
COMMENTS = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)\n", re.DOTALL | re.MULTILINE)
INDENT = re.compile(r"^[ ]+", re.MULTILINE)
IMPORTS = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORTS = re.compile(r"^export (?!default\b)", re.MULTILINE)

# Views that are text of the page and wear its styles.
PLAIN = ("progress", "words", "pulse")
# What is handed out, by its name, and the script that asks for it; the app may live below a path of its host.
SCRIPTS: dict[str, str] = {}
IMPORT = """
const own = document.querySelector('script[src*="static/js/"]');
const base = own ? own.src.replace(/static\\/js\\/.*$/, "") : document.baseURI;
export default (await import(new URL("canvas/FILE", base).href)).default;
"""
_serves = False


def script_of(view: str) -> str:
    """The whole script of a view, one module whose default export draws it."""
    return bundled(_read(f"{view}.js"))


def bundled(module: str) -> str:
    """A module's text after those of all files that it imports, each once, and itself after what it imports."""
    files: dict[str, str] = {}

    def add(text: str) -> str:
        for file in IMPORTS.findall(text):
            if file not in files:
                files[file] = add(_read(file))
        return lean(EXPORTS.sub("", IMPORTS.sub("", text)))

    own = add(module)
    return "\n".join([*files.values(), own])


def style_of(view: str) -> str:
    """The style of a view: that of all of them, and its own where it has one."""
    files = [f"{view}.css"] if view in PLAIN else ["views.css", f"{view}.css"]
    return "\n".join(lean(_read(file)) for file in files if (HERE / file).is_file())


def lean(text: str) -> str:
    """The text without comment lines and indentation: Streamlit may send it again with every update."""
    return INDENT.sub("", COMMENTS.sub("", text))


def serve_scripts() -> None:
    """From now on a server of ours hands out the views' scripts; Streamlit would send them with every update."""
    global _serves
    _serves = True


@cache
def component(view: str) -> Any:
    """Registers a view once a process: Streamlit's registry is global."""
    script, css = script_of(view), style_of(view)
    if _serves:
        script, css = _handed_out(view, f"{script}\nvar SHEET = {json.dumps(css)};\n"), None
    return st.components.v2.component(
        f"aecore.{view}",
        html=f'<div class="view" data-view="{view}"></div>',
        css=css,
        js=script,
        # What a run says of itself is read off the page as its text is.
        isolate_styles=view not in PLAIN,
    )


def _handed_out(view: str, script: str) -> str:
    """A script of a few lines that takes the rest from where it is handed out, once for ever."""
    file = f"{view}-{hashlib.sha256(script.encode()).hexdigest()[:16]}.js"
    SCRIPTS[file] = script
    return IMPORT.replace("FILE", file)


def _read(file: str) -> str:
    return (HERE / file).read_text("utf-8")
