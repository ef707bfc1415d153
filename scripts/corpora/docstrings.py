"""Analogies in the vocabulary of docstrings: row is to rows as column is to columns.

The pairs were chosen by hand, from words that stand in the docstrings of Python and the packages
that wordkit needs some dozens of times at least.
"""

from __future__ import annotations

QUESTIONS_OF_A_PAIR = 2
PAIRS = {
    "singular-plural": """
        row rows  column columns  list lists  string strings  file files  value values
        argument arguments  sample samples  point points  node nodes  label labels
        token tokens  key keys  object objects  function functions  module modules
        """,
    "irregular-plural": """
        index indices  matrix matrices  vertex vertices  axis axes  basis bases
        child children  entry entries  directory directories  property properties
        category categories  boundary boundaries  dictionary dictionaries  library libraries
        class classes
        """,
    "base-gerund": """
        read reading  write writing  add adding  compute computing  call calling  use using
        return returning  create creating  pass passing  set setting  remove removing
        sort sorting  split splitting  parse parsing
        """,
    "base-participle": """
        return returned  pass passed  apply applied  remove removed  compute computed
        define defined  raise raised  ignore ignored  write written  give given  take taken
        make made  find found  call called  specify specified  create created
        """,
    "base-third-person": """
        raise raises  take takes  contain contains  make makes  give gives  provide provides
        allow allows  represent represents  require requires  compute computes
        indicate indicates  create creates  determine determines  specify specifies
        """,
    "comparative-superlative": """
        smaller smallest  larger largest  higher highest  lower lowest  greater greatest
        longer longest  shorter shortest  closer closest  better best  faster fastest
        """,
    "positive-comparative": """
        small smaller  large larger  high higher  low lower  long longer  short shorter
        fast faster  early earlier  new newer  old older  big bigger  good better
        """,
    "adjective-adverb": """
        direct directly  explicit explicitly  automatic automatically  correct correctly
        recursive recursively  exact exactly  complete completely  separate separately
        random randomly  usual usually  typical typically  independent independently
        proper properly  numerical numerically  internal internally  final finally
        successful successfully  implicit implicitly
        """,
    "abbreviation-word": """
        min minimum  max maximum  func function  arg argument  args arguments  param parameter
        params parameters  num number  int integer  bool boolean  str string  dict dictionary
        obj object  attr attribute  dir directory  env environment  expr expression
        config configuration  info information  msg message
        """,
    "opposite": """
        first last  start end  true false  left right  upper lower  before after
        minimum maximum  positive negative  row column  horizontal vertical  input output
        inside outside  top bottom  min max  largest smallest  highest lowest
        leading trailing
        """,
    "negation": """
        valid invalid  known unknown  signed unsigned  weighted unweighted
        expected unexpected  defined undefined  changed unchanged  finite infinite
        complete incomplete  mutable immutable  linear nonlinear  bounded unbounded
        supported unsupported  consistent inconsistent
        """,
    "verb-agent": """
        estimate estimator  transform transformer  iterate iterator  parse parser
        generate generator  decode decoder  encode encoder  optimize optimizer
        compile compiler  format formatter  handle handler  load loader  render renderer
        solve solver  read reader  write writer  wrap wrapper  tag tagger  tokenize tokenizer
        scale scaler
        """,
    "verb-noun": """
        transform transformation  initialize initialization  normalize normalization
        optimize optimization  evaluate evaluation  convert conversion
        represent representation  compile compilation  generate generation
        implement implementation  validate validation  interpolate interpolation
        compute computation  integrate integration  multiply multiplication
        """,
    "cause-exception": """
        value valueerror  type typeerror  key keyerror  index indexerror
        attribute attributeerror  runtime runtimeerror  import importerror  syntax syntaxerror
        os oserror
        """,
}


def analogies() -> list[str]:
    """Each pair asked for with the next ones of its section, as questions-words has them."""
    lines = []
    for name, words in PAIRS.items():
        pairs = list(zip(words.split()[::2], words.split()[1::2], strict=True))
        lines.append(f": {name}")
        for number, pair in enumerate(pairs):
            for ahead in range(1, QUESTIONS_OF_A_PAIR + 1):
                lines.append(" ".join((*pair, *pairs[(number + ahead) % len(pairs)])))
    return lines
