"""HTML from the templates beside their modules; whatever is put into one is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(path: str, **values: object) -> Markup:
    """A template of the package with these values, such as `report/page.html`."""
    return Markup(_environment().get_template(path).render(**values))


def render_macro(path: str, name: str, *values: object) -> Markup:
    """One macro of such a template."""
    macro = getattr(_environment().get_template(path).module, name)
    return Markup(macro(*values))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("infogan", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
