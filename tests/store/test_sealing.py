"""What a key seals opens for its purpose and place alone, and nothing of a key stands anywhere (SC11, SC28)."""

import pickle

import pytest

from store.sealing import Key, NotAuthentic, key_of, new_key, place

_TEXT = b"I could not sleep"


def test_SC11_it_opens_for_its_purpose_and_place_alone() -> None:
    """Moved to another row, used for another purpose, read by another tenant's or client's key: nothing."""
    key = new_key("cky_1", "t")
    sealed = key.seal("store", _TEXT, place("response", "r1"))
    assert key.open("store", sealed, place("response", "r1")) == _TEXT
    assert _TEXT not in sealed
    assert key_of(sealed) == "cky_1"
    for purpose, where in (("search", place("response", "r1")), ("store", place("response", "r2"))):
        with pytest.raises(NotAuthentic):
            key.open(purpose, sealed, where)
    for other in (new_key("cky_1", "t"), new_key("cky_2", "t")):
        with pytest.raises(NotAuthentic):
            other.open("store", sealed, place("response", "r1"))
    with pytest.raises(NotAuthentic):
        Key("cky_1", "u", key._material).open("store", sealed, place("response", "r1"))


def test_SC11_every_flipped_bit_is_noticed() -> None:
    """In the version, the key's id, the nonce, the text and the tag."""
    key = new_key("cky_1", "t")
    sealed = key.seal("store", _TEXT, b"here")
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(NotAuthentic):
            key.open("store", bytes(changed), b"here")
    for length in range(len(sealed)):
        with pytest.raises(NotAuthentic):
            key.open("store", sealed[:length], b"here")


def test_SC11_a_million_nonces_are_a_million() -> None:
    """One that came twice would give both texts away."""
    key = new_key("cky_1", "t")
    begin = 2 + len(key.id)
    nonces = {key.seal("store", b"", b"")[begin : begin + 12] for _ in range(1_000_000)}
    assert len(nonces) == 1_000_000


def test_places_are_not_confused() -> None:
    """However their parts are cut."""
    assert len({place("a", "b"), place("ab"), place("ab", ""), place("", "ab"), place("a", "b", "")}) == 5


def test_a_wrapped_key_is_the_same_key_and_no_other() -> None:
    """Wrapped for one id and tenant, it is not taken for another's."""
    root, key = new_key("root-1", ""), new_key("tky_1", "t")
    wrapped = root.wrap(key)
    assert root.unwrap("tky_1", "t", wrapped).open("store", key.seal("store", _TEXT, b""), b"") == _TEXT
    for id, tenant in (("tky_2", "t"), ("tky_1", "u")):
        with pytest.raises(NotAuthentic):
            root.unwrap(id, tenant, wrapped)


def test_SC28_no_text_of_a_key_holds_its_bytes() -> None:
    """Not what is printed of it, and it is not copied out."""
    key = new_key("cky_1", "t")
    key.seal("store", _TEXT, b"")
    assert repr(key) == str(key) == "Key(cky_1)"
    with pytest.raises(TypeError):
        pickle.dumps(key)


@pytest.mark.parametrize("name", [b"", b"cky_1\0", b"cky 1", b"\xe9"])
def test_SC11_what_no_key_is_called_is_not_looked_for(name: bytes) -> None:
    """A database may refuse such a question altogether."""
    with pytest.raises(NotAuthentic):
        key_of(bytes((1, len(name))) + name + bytes(40))
