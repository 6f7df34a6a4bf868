import numpy as np
import pytest
import torch

from featviz import feature_maps, load_model
from featviz.errors import BadInput
from featviz.explain.features.attention import AttentionTokens, attention_maps, attention_tokens
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.models.probing.axis_evidence import Patches

LAYER = "blocks.1.attention.weights"


def planted(weights: np.ndarray, patches: Patches | None = None) -> FeatureMaps:
    return FeatureMaps(
        maps=weights.astype(np.float32),
        extra_tokens=np.zeros((0, len(weights)), np.float32),
        model="toy",
        fingerprint="0",
        layer="weights",
        kind="Softmax",
        spatial=False,
        layout="attention",
        patches=patches,
    )


def test_a_query_looks_where_its_row_was_planted() -> None:
    weights = np.zeros((3, 17, 17))
    for head, (row, column) in enumerate([(0, 0), (1, 3), (3, 2)]):
        weights[head, 5, 1 + 4 * row + column] = 0.75
        weights[head, 5, 0] = 0.25
    found = attention_maps(planted(weights, Patches((4, 4), 1, 0)), 5)
    for head, at in enumerate([(0, 0), (1, 3), (3, 2)]):
        assert found[head][at] == 0.75
        assert found[head].sum() == 0.75, "the rest goes to the class token"


@pytest.mark.parametrize("count", [16, 17])
def test_tokens_and_patches_are_each_other_s_inverse(count: int) -> None:
    tokens = attention_tokens(planted(np.full((1, count, count), 1 / count), Patches((4, 4), count - 16, 0)))
    assert tokens == AttentionTokens(count - 16, (4, 4), count)
    assert len(tokens.names) == count == len(set(tokens.names))
    for token in range(tokens.extra, count):
        row, column = tokens.patch(token) or (-1, -1)
        assert tokens.token(row, column) == token
        assert tokens.names[token] == f"patch {row}, {column}"
    assert tokens.patch(0) is None if tokens.extra else tokens.patch(0) == (0, 0)
    with pytest.raises(BadInput):
        tokens.token(4, 0)


def test_the_rows_of_the_transformer_are_those_of_its_queries_and_keys() -> None:
    model = load_model("shapes-vit")
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    maps = feature_maps(model, x, LAYER)
    block = model.module.get_submodule("blocks.1")
    seen: list[torch.Tensor] = []
    handle = block.attention.qkv.register_forward_hook(lambda *given: seen.append(given[2]))
    model.module(x)
    handle.remove()
    query, key, _value = seen[0][0].reshape(65, 3, 4, 24).permute(1, 2, 0, 3)
    weights = torch.softmax(query @ key.transpose(1, 2) / 24**0.5, -1).detach().numpy()
    for token in (0, 30):
        found = attention_maps(maps, token)
        assert found.shape == (4, 8, 8)
        assert np.abs(found.reshape(4, 64) - weights[:, token, 1:]).max() < 1e-5


def test_what_has_no_patches_is_refused() -> None:
    with pytest.raises(BadInput):
        attention_maps(planted(np.full((2, 7, 7), 1 / 7)), 0)
    with pytest.raises(BadInput):
        attention_maps(planted(np.full((2, 16, 16), 1 / 16)), 16)
    model = load_model("shapes-resnet")
    with pytest.raises(BadInput):
        attention_tokens(feature_maps(model, torch.zeros(1, 3, 64, 64), "stage1"))
    assert attention_tokens(planted(np.full((2, 7, 7), 1 / 7))).names[6] == "token 6"
