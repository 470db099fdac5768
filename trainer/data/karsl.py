"""Recognises the signs and clips of KArSL-502, of which alone a model card and a table may speak as KArSL's.

A sign is KArSL's if its number, its Arabic and its English word are those of the official sheet, of which a digest of
each row stands here. A clip is KArSL's if its sign is, and its signer is one of the three who are in the data set, or
unknown in a clip that is named by the number of its sign alone. Numbers alone say nothing: anybody counts from 1.
Sidig, Luqman, Mahmoud, Mohandes, "KArSL: Arabic Sign Language Database", ACM TALLIP 20(1), 2021.
"""

from base64 import b64decode
from hashlib import sha256
from typing import Final

from landmarkers.numbers import is_number
from landmarkers.take import Provenance
from models.labels import Sign, SignKind

SIGNS: Final = 502
_SIGNERS: Final = frozenset({"01", "02", "03"})
_LAST_NUMBER, _LAST_LETTER = 31, 70  # the sheet lists numbers first, then letters, then words
_DIGEST_BYTES: Final = 4
# The first bytes of the SHA-256 of each row as `number<tab>Arabic<tab>English`, in the order of the numbers.
_DIGESTS: Final = b64decode(
    "ByOaKWdycjTcbZ8l91CKhnP5Breom9/r4TGlHgLqZsbfgBDoJQ+QFSOaCSzTfC194GAZ909Dk0aWFGMtEsMg0hHOK3HAziUIWinqTJhGDQlBcM6Z"
    "bpMk4RcYc08bZXa6E8KjQajFaNCnp0PmhZrgoxlE4PtPcYp2rAAcZ9BvavqNYsmtsidxILyUQqXTWhv00YbnyrnpxHpO2xHsCvxzKW2DTPuybJXb"
    "1ykW5NPV8d9IoCLD/pBk7EAVsmJAx4w34qzV2iokqV+rwFmuHpw1NQqdjfWx9pilwqUZb4edcQwJxoP6PF2kBD/Ffs0v4CkXK1xZW7YzFb87u7Xf"
    "F7RnwHBZw7QbwRiAtY7EwzCR1Q+AzIZ0vvAlomYRm9qY3Ldk/TMoI2XJZBqteqcTdeEYCHWfSL59r3y9P3fAHcJx2YXAm7MYSs2PhDe1bLM38psq"
    "Uw7kIf8I84NxHTb6CHxUXaByrBqpxeTmyIPBL3AtO6UlnfBcS2Md8M/YrcJtyKGNjSYXE1i+d0G8HpFOvUh1i9oD0jPiJixq07Y5V8omRfcEP9x4"
    "YZlz37h6gvJp386d5ZAlQ3Wc6dAdJ0mm6g+8DpEJEyi8Ny7Q0KGQdVtP24DqjBXlydZCbDLADr+kUJDAgY+EefNAaNOzpd5Bar49404ZLxtUZbtV"
    "iM+NZ1c4icyT/7CLKvgFKgRIp4ER5cyFM1lH0stmSsOYE9whv1suPDN326lNZwbLpL1+Udua03PshbZV2NzWxrp8EMrSgfhlxFK3uPI2Bzm+l34m"
    "C4o1LVICmehQFnQaRTgvfw+rx039JaGHrlN2dfeROb6QO31C5DthXtmYcCFbtGzVyrGptbnX9y/IvulbF8youz3+IS/2GLqzAb7MfYRDhil21pn5"
    "g2blwwNJGX4fIS+h2g2T27bUmZsr+YjhKXRfUxl0OTAyY+HooWddi2ZbE4TcZRal1wEmhLB0pLff0dretrBq9QmOjExEyzj1phIUvMD+NB1tac5R"
    "cybokshVaWtmgyQvNWpnWuod4UE6vTRsCF4NemULVC0RU7eSFbQTPF3YxAyq3lpcXdX8bSiSeWfhIhf1eREymb6z8Ije1YBhCIaJxSQu+ukUBViX"
    "YQKP0JCK7A0IENA7cc3q/7RrejdQvnVnAglauzgQiB1RIXCUrsuoY7hW80YhoNnggwPyzglnQys33PICAY7/SyJl0fbyZS0dWvK9FMKPNMW/zwKE"
    "eC+Wa7mBUe/YOP1x8c1yJtRBfZp9Zelo6pv5TK+T8IQERyQBAQpXF4R2cD0dJgNA7crqbJCG34WET6kaT/6C7DoqadxAugKnJhm5KLgDO29A9qRX"
    "MA9KZvj3LJhuaWkmkK3KrQSDcNnz31QKfDi5dom2df2whFL1PStOMoqY52vVcL1s2+/s/ItLR+YUbtf7iSn161PwP0TesvN/FiK/Sc6htv47fTF2"
    "AXL163aSbMzuUoyJqN3vt5ySPly9IqI4MAt6YH0zUVNMfagkBZ/N+Q31fjLNdGYrhwi99sTWA5KhINfBhcc7cWGjHmhrGv10lOKWY4Dn0U6rKCo5"
    "OCVKSbHcodceEz4nY9OZw/DWTKwVy+K90tJI+LtTeQQVJPdfe0P/CrG7ojfPT3q/EllV89xGLcQEU/SEaVB1MRvc7JDsswwkyI+ayvMq/EsWexb5"
    "2XO/P4TKGHdakB/H1bj9vtiNwmR+JyUdoNfuhPlbNPfLR9iv1Y3TQ7OjkUCZzRVJpU+VL/fbtyuE+c0kxqo4A+sAUYbtZ2iZM6uaxupCEMKuyVva"
    "k/EDL+vce9XUxr8BPtquMADzttfshY40Kz5i0tzlsmJ66DYYgyzgJjSGwFEaPvc6V5S4BoaSttIYdp0VnUIRLS9N05HPU2qqmgr8REjKBzMFYvbh"
    "iJ+PKmXfPTbTTcDIe3r/dzyZVU2DiGAH+I45xpUgzETkKfPqIWx85Qw4Vu+hkoRT9IXJJTB4cMB3opg107+nrzxx8LxkyE3A/C/2JO4o/AgVh34P"
    "VZb/morzTTeM/44Hu0NTArN6W5kbaZXnjrjOowpZvqqFjZn+j8MfHllMUaQdctIgqf0eG8qcGQnoFY6MXtuQBeQFHw/52X5/xBMKD6J/ve0jUB7N"
    "t05r08weoPIxJ8o/YUgA986WTKglCCcqtW/OLtIGqRgM7NA7EjxXwxiHeTDIsBOjLQQFRN+E9Fpz4lTzzYFY7Prg2gtRCWhzItZJBj2VJxiAueY/"
    "miy6KNhdJI47BLooELMJyY/AFUDik9KDvHHycU8qzevJ3ZyTcyE9FGy5lnBhXQyvwxjJ1yRabZ0iNuJQVoAPXpriVXImtGQRqAGkOs3OkwqZ/LB8"
    "iZ2sXYCWHm5C1HiAwmimfoYWA8jA1RF7n2jXT8RQF5ZZriww0AAkPuKKGQiFKYdZ6KSpdyJr3KkZ1csE6glOQyd+Wlkgw+dp04JMRd+DMD1fuXJ3"
    "78JYyufo8v5uuNZ6bYAIGS70E0m3LeL2PNnHmZxx82cTHmu92t/tU0KF9JCbKbVWxL5UeclSG/hTA1RGHvgEwQVOfhf/NEkKPYXnAZEm+iHGpNW+"
    "eQRyH6FAui/+fNSf4mvYU5pe5TRA28tQXmHCBL0NobmI/QwJj17fuiERFweVMc3MvD0Uya6Lhu4i231jb/P+Maa/tvn2XS9HaQPCSw=="
)


def is_karsl_sign(sign: Sign) -> bool:
    """Return True if number and words are those of the official sheet."""
    end = _DIGEST_BYTES * sign.sign_id
    row = f"{sign.sign_id}\t{sign.word}\t{sign.word_en}".encode()
    return 1 <= sign.sign_id <= SIGNS and _DIGESTS[end - _DIGEST_BYTES : end] == sha256(row).digest()[:_DIGEST_BYTES]


def is_karsl_clip(sign: Sign, provenance: Provenance) -> bool:
    """Return True if a clip of this sign comes from the data set, as far as its labels and its signer tell."""
    is_flat = provenance.signer is None and is_number(provenance.clip) and int(provenance.clip) == sign.sign_id
    return is_karsl_sign(sign) and (is_flat or provenance.signer in _SIGNERS)


def kind_of(sign: Sign) -> SignKind | None:
    """Return the kind that the labels state or, of KArSL's own signs, that of their place in the sheet."""
    if sign.kind is not None or not is_karsl_sign(sign):
        return sign.kind
    return "number" if sign.sign_id <= _LAST_NUMBER else "letter" if sign.sign_id <= _LAST_LETTER else "word"
