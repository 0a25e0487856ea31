"""Formulas of local rules: the file of the library, signals, stages."""

import pytest

from wildwire.errors import FormulaError, SettingError
from wildwire.functions.rule import (
    SIGNALS,
    built_in_rules,
    named_formula,
    read_formula,
    rule_formula,
)
from wildwire.language.parser import parse_text
from wildwire.language.printer import print_expression


def test_the_library_has_the_rules_of_the_lecture():
    formulas = {
        name: print_expression(rule.formula) for name, rule in built_in_rules().items()
    }
    assert formulas == {
        "perceptron": "rate*x*e",
        "odd_series": "x*sum(a*e**(2*index(a) + 1))",
        "delta": "rate*slope*e*x",
        "hebb": "rate*x*y",
        "oja": "rate*y*(x - y*w)",
        "blame": "rate*slope*e*x",
    }


def test_every_rule_of_the_library_is_one():
    for name, rule in built_in_rules().items():
        assert set(rule.arguments) <= set(SIGNALS)
        if rule.vectors:
            made = rule_formula(named_formula(name, 2), {"a0": 0.1, "a1": 0.2})
        else:
            made = rule_formula(named_formula(name), dict(rule.parameters))
        assert set(made.signals) == set(rule.arguments)
        assert not made.stages


def test_rule_is_no_word_of_networks():
    document = parse_text("input x\nrule ~ tanh(x)\noutput rule")
    assert len(document.statements) == 3


def test_reductions_over_links_are_stages_the_inner_ones_first():
    made = rule_formula(read_formula("x*e/sum(abs(x - mean(x))) + 0.1*max(x, 0)*mean(x)"))  # fmt: skip
    assert [stage.kind for stage in made.stages] == ["mean", "sum"]
    assert made.signals == ("x", "e") and made.reduces
    arguments = ("x", "e", "stage 0", "stage 1")
    assert made.function.arguments == arguments
    assert all(stage.function.arguments == arguments for stage in made.stages)
    value = made.function.evaluate(0, [2.0, 0.5, 3.0, 4.0])[0]
    assert value == pytest.approx(2 * 0.5 / 4 + 0.1 * 2 * 3)


def test_a_rate_is_a_stage_that_is_checked():
    alpha = read_formula("0.1*sum(x*x)")
    made = rule_formula(named_formula("perceptron"), rates={"rate": alpha})
    assert [stage.kind for stage in made.stages] == ["sum", "rate"]


def test_equal_formulas_are_one_kernel():
    first = rule_formula(read_formula("rate*x*e"), {"rate": 0.1})
    second = rule_formula(read_formula("eta*x*e"), {"eta": 0.7})
    assert first.function.key == second.function.key
    assert first.numbers != second.numbers


def test_a_rule_that_reads_nothing_is_a_rule():
    assert rule_formula(read_formula("0.1")).signals == ("w",)


@pytest.mark.parametrize(
    "text, numbers, told",
    [
        ("x*E", {}, "column 3: the rule reads 'E', which is no signal and not given as a number; did you mean 'e'?"),
        ("floo(x)", {}, "column 1: the rule calls 'floo', which nobody defines; did you mean 'floor'?"),
        ("exp(x, e)", {}, "exp takes 1 argument"),
        ("where(x, 1, 0)", {}, "must be one comparison"),
        ("x@1*e", {}, "no indices and no delays"),
        ("x*e # all\n+ 1", {}, "stands on one line"),
    ],
)  # fmt: skip
def test_faults_are_shown_at_their_place(text, numbers, told):
    with pytest.raises(FormulaError) as caught:
        rule_formula(read_formula(text), numbers, source=text)
    assert told in str(caught.value)


def test_a_signal_is_no_number():
    with pytest.raises(SettingError, match="pi is what a rule reads"):
        rule_formula(read_formula("x*pi"), {"pi": 3.0})
