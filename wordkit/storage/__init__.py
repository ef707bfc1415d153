"""What is on disk: a saved thing is a folder.

    config.json      what it is, its format version, its settings      ``config``
    vocabulary.txt   one word a line in id order, then its count       ``words``
    *.safetensors    the arrays, read by memory-mapping                ``tensors``

``folders`` writes folders and files wholly or not at all.
"""
