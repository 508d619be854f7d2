import pytest

from tests.corpus.documents.html.pages import BODY, page, read


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden",
        "style='color: red; display:none'",
        "style='DISPLAY: NONE !important'",
        "style='visibility: hidden'",
        "aria-hidden='true'",
        "class='box visually-hidden'",
        "class='sr-only'",
    ],
)
@pytest.mark.parametrize("tag", ["p", "div", "span"])
def test_hidden_text_is_not_read(tag: str, attributes: str) -> None:
    hidden = f"<{tag} {attributes}>The mayor is Carl Concealed.</{tag}>"
    text = read(page(f"<article>{BODY}{hidden}<p>After that, nothing.</p></article>")).text
    assert "Concealed" not in text
    assert text.endswith("After that, nothing.")


@pytest.mark.parametrize("tag", ["del", "s", "strike"])
def test_struck_text_is_not_read(tag: str) -> None:
    text = read(
        page(f"<article>{BODY}<p>The ticket costs <{tag}>four</{tag}> <ins>five</ins> crowns.</p></article>")
    ).text
    assert "The ticket costs five crowns." in text


@pytest.mark.parametrize(
    "attributes", ["hidden='until-found'", "style='display:block'", "aria-hidden=false", "class=hide-and-seek"]
)
def test_other_text_is_read(attributes: str) -> None:
    assert "One." in read(f"<p {attributes}>One.</p><p>More.</p>").text


def test_a_page_that_a_script_shows_once_it_has_loaded_is_read() -> None:
    assert "Nora Lind" in read(f"<html><body style='visibility:hidden'>{BODY}</body></html>").text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<math><mi>a</mi><mo>≠</mo><mn>0</mn></math>", "a ≠ 0"),
        ("<math><mo>−</mo><mi>b</mi><mo>/</mo><mi>a</mi></math>", "−b/a"),
        ("<math><mi>E</mi><mo>=</mo><mi>m</mi><mo>&#x2062;</mo><msup><mi>c</mi><mn>2</mn></msup></math>", "E = mc²"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><msub><mi>x</mi><mi>i</mi></msub></mfrac></math>",
            "(a + 1)/x_i",
        ),
        ("<math><msqrt><mi>x</mi><mo>+</mo><mi>y</mi></msqrt></math>", "√(x + y)"),
        ("<math alttext='a \\ne 0'></math>", "a \\ne 0"),
        ("<math><semantics><annotation encoding='application/x-tex'>a^2</annotation></semantics></math>", "a^2"),
        ("<script type='math/tex'>a \\ne 0</script>", "a \\ne 0"),
        ("<img class='latex' alt='E=mc^2'>", "E=mc^2"),
        (
            "<span><span style='display:none'><math alttext='{\\displaystyle a}'></math></span>"
            "<img class='mwe-math-fallback-image-inline' aria-hidden=true alt='{\\displaystyle a}'></span>",
            "a",
        ),
        (
            "<span class=katex><span><math><mi>k</mi></math></span><span aria-hidden=true><b>k</b></span></span>",
            "k",
        ),
    ],
)
def test_formulas_are_read(formula: str, text: str) -> None:
    assert f"Where {text} holds, the tide turns." == read(f"<p>Where {formula} holds, the tide turns.</p>").text
