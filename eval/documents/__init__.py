"""How documents are read: title, date and text, against gold documents."""
