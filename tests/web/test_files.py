import pytest
from flask import Flask

from corpus.article import Original
from web.files import original_response


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\r\nSet-Cookie: b.pdf", 'attachment; filename="a__Set-Cookie: b.pdf"'),
        ('a"; b="c.pdf', 'attachment; filename="a\\"; b=\\"c.pdf"'),
        ("a\0\u202efdp.exe", "attachment; filename=a__fdp.exe"),
    ],
)
def test_a_file_name_is_one_value_of_its_header(name: str, expected: str) -> None:
    with Flask(__name__).test_request_context():
        response = original_response(Original(name, "application/pdf", b"%PDF-"))
        response.close()
    assert expected == response.headers["Content-Disposition"]
