"""The console: a web page on 127.0.0.1 that shows the whole flow live, and each hop of it.

`app` serves it, `guard` keeps other sites out, `site` is what all pages share, `pages/` has a module for each section,
`collect/` asks the parts of the platform for their numbers, and `live` does so while anybody looks.

Pages are HTML from the server, complete without a script; scripts bring them up to date while they are open. There is
no build step: `static/` is served as it is.
"""
