"""Draws the invitation to set the device up: the page's addresses, the code, and the certificate's fingerprint.

It is read from two metres: letters of 20 minutes of arc are 12 mm high there, 4 % of the height of a 24-inch screen.
A phone reads a QR code from ten times its width.
"""

import io
from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.message import Invite
from edge.sinks.captions.panels import PanelStyle, width_function
from edge.sinks.captions.text import Weight
from edge.sinks.captions.theme import Colour

_MARGIN: Final = 0.06  # of the unit
_TITLE: Final = 0.045
_TEXT: Final = 0.03
_ADDRESS: Final = 0.042
_CODE: Final = 0.095
_FINGERPRINT: Final = 0.022
"""Heights of letters, of the unit."""
_LEADING: Final = 2.0  # in heights of letters
_FITTING: Final = 0.97  # widths are not quite proportional to heights
_QR_SHARE: Final = 0.62  # of the screen's shorter side
_QUIET_MODULES: Final = 4  # white around a QR code (ISO/IEC 18004)
_MAX_ADDRESSES: Final = 2
_WHITE: Final = (255, 255, 255)

_SET_UP: Final = ("إعداد هذا الجهاز", "Set up this device")
_SCAN: Final = (
    "امسحوا المربّع بهاتف على الشبكة نفسها، أو افتحوا",
    "Scan the square with a phone on the same network, or open",
)
_CODE_LABEL: Final = ("الرمز", "Code")
_WARNING: Final = (
    "يحذّر المتصفح لأن شهادة الجهاز من صنعه، وهذه بصمتها",
    "The browser warns: the certificate is the device’s own. Its SHA-256 is",
)


class _Column:
    """Draws lines one below the other; Arabic begins at the right end, English and addresses at the left."""

    def __init__(self, panel: Image.Image, style: PanelStyle, left: float, top: float, width: float) -> None:
        self._canvas, self._style = ImageDraw.Draw(panel), style
        self._left, self._width = left, width
        self.top = top

    def write(self, text: str, share: float, weight: Weight, colour: Colour, *, arabic: bool = False) -> None:
        """Write one line with letters of this share of the unit, or smaller ones where they do not fit."""
        typeface = self._style.typeface
        wanted = share * self._style.unit
        letters = min(wanted, _FITTING * self._width / width_function(typeface, weight)(text))
        end = self._left + (self._width if arabic else typeface.width(text, letters, weight))
        self.top += _LEADING * letters
        typeface.draw(self._canvas, text, (end, self.top - 0.6 * letters), letters, weight, colour)

    def write_both(self, texts: tuple[str, str], share: float, weight: Weight, colour: Colour) -> None:
        """Write a sentence in Arabic and in English, on one line if both fit."""
        arabic, english = texts
        top, letters = self.top, share * self._style.unit
        widths = [self._style.typeface.width(text, letters, weight) for text in texts]
        self.write(arabic, share, weight, colour, arabic=True)
        if sum(widths) + 2 * letters < self._width:
            self.top = top
        self.write(english, share, weight, colour)

    def skip(self, share: float) -> None:
        """Leave room."""
        self.top += share * self._style.unit


def draw_invitation(panel: Image.Image, invite: Invite, style: PanelStyle) -> None:
    """Draw the QR code at one side, or above on an upright screen, and everything to read beside it."""
    theme, unit = style.theme, style.unit
    panel.paste(theme.background, (0, 0, *panel.size))
    margin, is_upright = round(_MARGIN * unit), panel.height > panel.width
    side = round(_QR_SHARE * min(panel.size))
    code = _qr_code(invite.link, side)
    if code is not None:
        panel.paste(code, ((panel.width - side) // 2 if is_upright else margin, margin))
    taken = 0 if code is None else side + margin
    left, top = (margin, margin / 2 + taken) if is_upright else (margin + taken, margin / 2)
    column = _Column(panel, style, left, top, panel.width - left - margin)
    column.write_both(_SET_UP, _TITLE, Weight.BOLD, theme.text)
    column.write_both(_SCAN, _TEXT, Weight.REGULAR, theme.quiet)
    for url in invite.urls[:_MAX_ADDRESSES]:
        column.write(url, _ADDRESS, Weight.BOLD, theme.text)
    column.write(" · ".join(_CODE_LABEL), _TEXT, Weight.REGULAR, theme.quiet)
    column.write(invite.code, _CODE, Weight.BOLD, theme.unsure)
    bottom = _Column(panel, style, margin, max(column.top, margin + taken), panel.width - 2 * margin)
    bottom.skip(0.01)
    bottom.write_both(_WARNING, _FINGERPRINT, Weight.REGULAR, theme.quiet)
    digits, middle = invite.fingerprint, len(invite.fingerprint) // 2
    for line in (digits[:middle], digits[middle + 1 :]):
        bottom.write(line, _FINGERPRINT, Weight.REGULAR, theme.text)


def _qr_code(link: str, side: int) -> Image.Image | None:
    """Return the QR code of a link, with its white border; None without the library."""
    try:
        import segno
    except ImportError:
        return None
    made = segno.make(link, error="l", boost_error=True, micro=False)
    scale = max(1, side // made.symbol_size(border=_QUIET_MODULES)[0])
    content = io.BytesIO()
    made.save(content, kind="png", scale=scale, border=_QUIET_MODULES)
    image = Image.open(content).convert("RGB")
    square = Image.new("RGB", (side, side), _WHITE)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
