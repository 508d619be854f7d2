"""Time expressions of a text, such as "two days later", and their values by the date of publication, as TIMEX3."""
