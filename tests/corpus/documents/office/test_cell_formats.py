from datetime import date, datetime, time, timedelta

import pytest

from corpus.documents.office.cell_formats import show_cell

DAY, MOMENT = datetime(2026, 11, 18), datetime(2026, 11, 18, 15, 5, 7)


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (10**400, "0.00", f"1{'0' * 400}"),
        (None, "General", ""),
        ("007", "0.00", "007"),
        (True, "General", "TRUE"),
        (12, "General", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (1234567890123, "General", "1234567890123"),
        (7, "", "7"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (1250, '#,##0.00 "€"', "1,250.00 €"),
        (1250, "[$€-407] #,##0.00", "€ 1,250.00"),
        (1234.5, '_("$"* #,##0.00_);_("$"* (#,##0.00)', "$1,234.50"),
        (-3, "#,##0;(#,##0)", "(3)"),
        (-3, "0.00", "-3.00"),
        (0, '0;-0;"none"', "none"),
        (1234567, "#,##0,", "1,235"),
        (12200000, "#.0,,", "12.2"),
        (8.9, "#.##", "8.9"),
        (2.5, "0", "3"),
        (5551234, "000-0000", "555-1234"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (0.5, "# ?/?", "0.5"),
        (1e308, "0.00", "1e+308"),
        (float("nan"), "0", "nan"),
        (DAY, "dd/mm/yyyy", "18/11/2026"),
        (DAY, "mm-dd-yy", "2026-11-18"),  # the reader's own order of day and month
        (DAY, "d. mmmm yyyy", "18. November 2026"),
        (DAY, "dddd, mmm d, yy", "Wednesday, Nov 18, 26"),
        (MOMENT, "yyyy-mm-dd hh:mm", "2026-11-18 15:05"),
        (MOMENT, "h:mm:ss AM/PM", "3:05:07 PM"),
        (date(2026, 1, 2), "General", "2026-01-02"),
        (time(9, 5), "h:mm", "9:05"),
        (timedelta(hours=27, minutes=3), "[h]:mm", "27:03"),
        (timedelta(seconds=61), "[h]:mm:ss", "0:01:01"),
    ],
)
def test_a_value_is_shown_as_its_format_says(value: object, number_format: str, shown: str) -> None:
    assert shown == show_cell(value, number_format)
