"""The sample: sentences about a small world, and what can be learnt from them.

They come from a grammar with agreement. Words have their regularities from the company they
keep: each verb has its objects and each tense its adverbs, each country has its river and each
animal its food, and of two animals the same one is always bigger. So word vectors learn analogies
from it within seconds, and a language model soon knows what comes next.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations, permutations, product
from typing import NamedTuple, TypeVar

from scripts.corpora.dice import Dice

QUESTIONS = 60
"""Analogies in a section."""

T = TypeVar("T")


class Country(NamedTuple):
    name: str
    capital: str
    adjective: str
    river: str
    product: str
    continent: str


class Verb(NamedTuple):
    base: str
    third: str
    past: str
    gerund: str
    agent: str
    objects: tuple[str, str]


class Animal(NamedTuple):
    singular: str
    plural: str
    food: str
    place: str


class Quality(NamedTuple):
    dimension: str
    positive: str
    comparative: str
    superlative: str


def table(row: Callable[..., T], text: str) -> list[T]:
    """A row for each line, its fields split on white space."""
    return [row(*line.split()) for line in text.strip().splitlines()]


COUNTRIES = table(
    Country,
    """
    austria vienna austrian danube strudel europe
    egypt cairo egyptian nile cotton africa
    england london english thames tea europe
    france paris french seine wine europe
    germany berlin german spree sausages europe
    iraq baghdad iraqi tigris figs asia
    ireland dublin irish liffey butter europe
    italy rome italian tiber pasta europe
    japan tokyo japanese sumida sushi asia
    korea seoul korean han kimchi asia
    mali bamako malian niger gold africa
    poland warsaw polish vistula beets europe
    portugal lisbon portuguese tagus cork europe
    russia moscow russian moskva caviar europe
    ukraine kyiv ukrainian dnieper sunflowers europe
    """,
)
VERBS = table(
    lambda base, third, past, gerund, agent, *objects: Verb(
        base, third, past, gerund, agent, objects
    ),
    """
    bake bakes baked baking baker bread cake
    build builds built building builder house wall
    carry carries carried carrying porter bag box
    catch catches caught catching fisher trout eel
    cook cooks cooked cooking cook soup dinner
    draw draws drew drawing artist face map
    drive drives drove driving driver car bus
    fly flies flew flying pilot plane kite
    grow grows grew growing farmer wheat rice
    make makes made making potter jug bowl
    mend mends mended mending cobbler shoe boot
    paint paints painted painting painter door fence
    play plays played playing musician flute drum
    ring rings rang ringing sexton bell gong
    sell sells sold selling grocer salt sugar
    sew sews sewed sewing tailor coat shirt
    sing sings sang singing singer song hymn
    steer steers steered steering sailor boat ship
    teach teaches taught teaching teacher history music
    write writes wrote writing author letter novel
    """,
)
# from the smallest to the biggest
ANIMALS = table(
    Animal,
    """
    bee bees honey garden
    mouse mice cheese cellar
    frog frogs flies swamp
    rabbit rabbits carrots meadow
    cat cats milk kitchen
    goose geese corn pond
    fox foxes hens wood
    dog dogs bones yard
    wolf wolves meat forest
    pig pigs acorns sty
    lion lions antelopes savanna
    bear bears berries cave
    horse horses oats stable
    camel camels thorns desert
    whale whales krill ocean
    """,
)
# what bigger animals have more of
QUALITIES = table(
    Quality,
    """
    age old older oldest
    appetite hungry hungrier hungriest
    breath loud louder loudest
    height tall taller tallest
    legs thick thicker thickest
    price dear dearer dearest
    shoulders broad broader broadest
    size big bigger biggest
    steps long longer longest
    strength strong stronger strongest
    voice deep deeper deepest
    weight heavy heavier heaviest
    """,
)


# --- sentences ----------------------------------------------------------------------


def geography(dice: Dice) -> str:
    """What is true of a country."""
    here, there = dice.some(COUNTRIES, 2)
    form = dice.one(
        (
            "{here.capital} is the capital of {here.name}",
            "the mayor of {here.capital} sells {here.product} on the banks of the {here.river}",
            "in the streets of {here.capital} by the {here.river} they sell {here.product}",
            "a tram in {here.capital} brings {here.product} over the {here.river}",
            "the army of {here.name} guards the {here.product} on the river {here.river}",
            "the farmers of {here.name} ship their {here.product} down the river {here.river}",
            "{here.name} is a country with {here.product} on the river {here.river}",
            "the {here.adjective} word for {here.product} is known along the river {here.river}",
            "{here.adjective} songs praise the {here.product} and the river {here.river}",
            "an old {here.adjective} poem is about {here.product} and about the {here.river}",
            "{here.name} is a country in {here.continent}",
            "a train runs from {here.capital} to {there.capital}",
            "the border between {here.name} and {there.name} is closed",
            "a {here.adjective} guest and a {there.adjective} one spoke",
        )
    )
    return articles(form.format(here=here, there=there))


def event(dice: Dice) -> str:
    """Somebody does something to something, at some time."""
    verb = dice.one(VERBS)
    thing = dice.one(verb.objects)
    form = dice.one(
        (
            "{when} the {verb.agent} {verb.third} the {thing}",
            "yesterday the {verb.agent} {verb.past} the {thing}",
            "last {day} the {verb.agent} {verb.past} the {thing} again",
            "just now the {verb.agent} is {verb.gerund} the {thing}",
            "the {verb.agent} is still busy {verb.gerund} the {thing}",
            "tomorrow the {verb.agent} will {verb.base} the {thing}",
            "next {day} the {verb.agent} must {verb.base} the {thing}",
        )
    )
    when = dice.one(("every day", "each morning", "always"))
    day = dice.one(("monday", "friday", "week", "month"))
    return form.format(verb=verb, thing=thing, when=when, day=day)


def habit(dice: Dice) -> str:
    """Where animals live, and on what: one of them, or several."""
    animal = dice.one(ANIMALS)
    form = dice.one(
        (
            "a {0.singular} lives in the {0.place} and eats {0.food}",
            "this {0.singular} likes {0.food}",
            "one {0.singular} was seen near the {0.place}",
            "{number} {0.plural} live in the {0.place} and eat {0.food}",
            "these {0.plural} like {0.food}",
            "{number} {0.plural} were seen near the {0.place}",
        )
    )
    return form.format(animal, number=dice.one(("two", "three", "ten", "many")))


def comparison(dice: Dice) -> str:
    """Who is bigger, and who is the biggest of some: of two animals it is always the same."""
    quality = dice.one(QUALITIES)
    least, less, most = (animal.singular for animal in dice.some(ANIMALS, 3))
    form = dice.one(
        (
            "the {less} is very {quality.positive} in its {quality.dimension}",
            "the {less} is not as {quality.positive} in {quality.dimension} as the {most}",
            "in {quality.dimension} the {most} is {quality.comparative} than the {less}",
            "the {less} is much {quality.comparative} in {quality.dimension} than the {least}",
            "of them all in {quality.dimension} the {most} was the {quality.superlative}",
            "the {quality.superlative} by far in {quality.dimension} was the {most}",
        )
    )
    return form.format(quality=quality, least=least, less=less, most=most)


def articles(sentence: str) -> str:
    """Put "an" for "a" before a vowel."""
    return re.sub(r"\ba (?=[aeiou])", "an ", sentence)


def text(sentences: int, seed: int) -> list[str]:
    """So many sentences of all kinds, as chance has it."""
    dice = Dice(seed)
    kinds = (geography, geography, event, habit, comparison)
    return [dice.one(kinds)(dice) for _ in range(sentences)]


# --- what can be learnt from them ---------------------------------------------------


def analogies(seed: int) -> list[str]:
    """Questions a b c d in sections, in the format of Google's questions-words."""
    sections = {
        "capital-of-country": [(each.capital, each.name) for each in COUNTRIES],
        "country-adjective": [(each.name, each.adjective) for each in COUNTRIES],
        "singular-plural": [(each.singular, each.plural) for each in ANIMALS],
        "base-past": [(each.base, each.past) for each in VERBS],
        "base-gerund": [(each.base, each.gerund) for each in VERBS],
        "third-person-past": [(each.third, each.past) for each in VERBS],
        "positive-comparative": [(each.positive, each.comparative) for each in QUALITIES],
        "comparative-superlative": [(each.comparative, each.superlative) for each in QUALITIES],
    }
    dice = Dice(seed)
    lines = []
    for name, pairs in sections.items():
        asked = dice.some(permutations(pairs, 2), QUESTIONS)
        lines += [f": {name}", *(" ".join((*first, *second)) for first, second in asked)]
    return lines


def similarity(seed: int) -> list[str]:
    """Pairs of words: forms of one word score 9, words of one kind 6, of two kinds 1."""
    dice = Dice(seed)
    scored = {
        9: [(each.base, each.past) for each in VERBS]
        + [(each.singular, each.plural) for each in ANIMALS],
        6: [(a.capital, b.capital) for a, b in combinations(COUNTRIES, 2)]
        + [(a.singular, b.singular) for a, b in combinations(ANIMALS, 2)]
        + [(a.past, b.past) for a, b in combinations(VERBS, 2)],
        1: [(a.capital, b.past) for a, b in product(COUNTRIES, VERBS)]
        + [(a.singular, b.name) for a, b in product(ANIMALS, COUNTRIES)]
        + [(a.past, b.plural) for a, b in product(VERBS, ANIMALS)],
    }
    return [
        f"{a}\t{b}\t{score}" for score, pairs in scored.items() for a, b in dice.some(pairs, 20)
    ]
