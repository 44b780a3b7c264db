"""The video studio: a film about each partner, from a template and a snapshot of their numbers.

The way of a film, one module each:

* `template` what a designer wrote (`load`, `check`, `templates`, `template_digest`)
* `values` what is true of a partner, as JSON and back (`Number`, `Series`, `Ranking`, …)
* `plan` which scenes and words (`plan`, `captions`; `MissingField`)
* `reel` the pictures, drawn by `layers` on a `canvas`, written with `typesetting` and `typeface`
* `film` timeline, sound and encoding (`render`, `frame`, `still`, `poster`), checked by `mp4`

Import from these modules: only `film` and `sound` need MoviePy, which is slow to load.
"""
