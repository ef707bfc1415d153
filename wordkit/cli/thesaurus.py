"""wordkit thesaurus: what WordNet knows of a word."""

from __future__ import annotations

from dataclasses import asdict

import click

from wordkit.cli.output import json_option, print_json, print_rows, write


@click.command()
@click.argument("word")
@click.option("--similarity", "other", metavar="WORD", help="Path similarity with another word.")
@json_option
def thesaurus(word: str, other: str | None, as_json: bool) -> None:
    """Look up synonyms and wider meanings in WordNet (through NLTK).

    \b
    wordkit thesaurus car
    wordkit thesaurus car --similarity bicycle
    """
    from wordkit.thesaurus import look_up, path_similarity

    if other is not None:
        similarity = path_similarity(word, other)
        if as_json:
            print_json(similarity and asdict(similarity))
        elif similarity is None:
            print_rows([("no path joins them",)])
        else:
            print_rows([(similarity.score, *similarity.senses)])
        return
    senses = look_up(word)
    if as_json:
        print_json([asdict(sense) for sense in senses])
        return
    for sense in senses:
        write(f"{sense.name}  ({sense.part_of_speech})  {sense.definition}")
        if sense.synonyms:
            write(f"    synonyms: {', '.join(sense.synonyms)}")
        write(f"    path: {' > '.join(sense.hypernym_path)}")
