"""Files on disk: what is saved becomes a folder.

    config.json      what it is, its format version, its settings      ``config``
    vocabulary.txt   one word per line in id order, then its count     ``words``
    *.safetensors    the arrays, read by memory-mapping                ``tensors``

``folders`` writes folders and files completely or not at all.
"""
