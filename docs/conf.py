"""The documentation as a site: `make site`. It asks no address outside the machine, fonts and search included."""

project = "Amp sandbox"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Amp sandbox"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
# Headings that links within a page may lead to, as they do where Markdown is read as it is.
myst_heading_anchors = 3
pygments_style = "friendly"
pygments_dark_style = "native"
nitpicky = True
# Blocks here show commands, pictures of text and output; a block that is code says of which language.
highlight_language = "none"
