"""What a setting is called where others have names too: plainly, or with ``model.`` before it where that would clash.

Widgets, link parameters and flags share one flat space with a page's own. No setting's name has a dot in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MODEL = "model."
# Of every page: what its links say beside settings (some still to come), Streamlit's own, and containers that others
# look for.
RESERVED = frozenset(
    (
        "v",
        "view",
        "trained",
        "notices",
        "lesson",
        "at",
        "hide",
        "lock",
        "ask",
        "present",
        "run",
        "embed",
        "embed_options",
    )
)


@dataclass(frozen=True)
class Names:
    """The names of one form's settings, where the names ``taken`` are others'.

    ``prefix`` goes before all of them, where a page has several forms.
    """

    prefix: str = ""
    taken: frozenset[str] = RESERVED

    def of(self, setting: str) -> str:
        """What the setting is called here."""
        if self.prefix:
            return f"{self.prefix}{setting}"
        return f"{MODEL}{setting}" if setting in self.taken else setting

    def meant(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Parameters under the names of the settings that they mean; one with a prefix goes before a plain one."""
        prefix = self.prefix or MODEL
        plain = {name: text for name, text in texts.items() if not name.startswith(prefix)}
        return plain | {name.removeprefix(prefix): texts[name] for name in texts if name.startswith(prefix)}

    def __or__(self, more: frozenset[str]) -> Names:
        """These names where ``more`` are taken as well."""
        return Names(self.prefix, self.taken | more)


# Where nothing but a spec is asked for.
PLAIN = Names()
