"""What README and the documentation show works as shown."""

import pytest
from blocks import LANGUAGES, PAGES, blocks, run_page

WITH_CODE = [name for name, path in PAGES.items() if "```" in path.read_text()]

# README's commands are run with every `make test`, the other pages' with `make test-long`.
WALKED = [
    name if name == "README.md" else pytest.param(name, marks=pytest.mark.long)
    for name in WITH_CODE
]


@pytest.mark.parametrize("name", WALKED)
def test_blocks_run_in_order(name, at):
    text = PAGES[name].read_text()
    at(text)
    run_page(text, {})


@pytest.mark.parametrize("name", WITH_CODE)
def test_every_block_says_what_it_is(name):
    text = PAGES[name].read_text()
    assert {language for language, _ in blocks(text)} <= LANGUAGES
    # A block by indentation alone would not be run.
    outside = "".join(part for part in text.split("```")[::2])
    assert not [line for line in outside.splitlines() if line.startswith("    infogan ")]
