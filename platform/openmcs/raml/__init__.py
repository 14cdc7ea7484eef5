"""
RAML 0.8 and 1.0: text to contract, path to operation, example to answer, contract to scaffold.

No HTTP and no database: what comes in is a bundle of files (path to bytes), what comes out are values.
"""
