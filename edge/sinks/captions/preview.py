"""Draws what the camera sees and the skeleton in it, so that signers know whether their hands are in view."""

from dataclasses import replace
from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.message import View
from edge.sinks.captions.skeleton import JOINTS, LEFT_HAND, POSE, RIGHT_HAND, Bone, bones, head
from edge.sinks.captions.theme import Colour, Theme
from edge.workers.protocol import Joints
from landmarkers.bones import BODY_BONES, HAND_BONES

_FINER: Final = 2  # drawn so many times larger and then made smaller, since Pillow's lines have jagged edges
_LINE: Final = 0.011  # width of a bone, in widths of the preview
_CORNER: Final = 0.035


def draw_view(panel: Image.Image, view: View | None, theme: Theme, *, mirrored: bool, brightness: float) -> None:
    """The view as large as the panel has room for, in its middle; nothing without one."""
    if view is None or len(view.joints) != JOINTS:
        return
    width = min(panel.width, round(panel.height / view.aspect))
    size = (width * _FINER, round(width * view.aspect) * _FINER)
    view = _mirrored(view) if mirrored else view
    drawn = _ground(view, size, theme, brightness)
    _draw_skeleton(ImageDraw.Draw(drawn), view.joints, size[0], theme)
    corners = Image.new("L", size)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), _CORNER * size[0], fill=255)
    place = (panel.width - width) // 2, (panel.height - size[1] // _FINER) // 2
    panel.paste(drawn.reduce(_FINER), place, corners.reduce(_FINER))


def _mirrored(view: View) -> View:
    joints = tuple(None if joint is None else (1.0 - joint[0], joint[1]) for joint in view.joints)
    picture = view.picture
    if picture:
        picture = Image.frombytes("RGB", view.size, picture).transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes()
    return replace(view, joints=joints, picture=picture)


def _ground(view: View, size: tuple[int, int], theme: Theme, brightness: float) -> Image.Image:
    if not view.picture:
        return Image.new("RGB", size, theme.panel)
    picture = Image.frombytes("RGB", view.size, view.picture)
    if brightness < 1.0:
        picture = picture.point([round(value * brightness) for value in range(256)] * 3)
    return picture.resize(size, Image.Resampling.BILINEAR)


def _draw_skeleton(canvas: ImageDraw.ImageDraw, joints: Joints, width: int, theme: Theme) -> None:
    thick, thin = round(_LINE * width), round(0.6 * _LINE * width)
    circle = head(joints)
    if circle is not None:
        x, y, radius = (value * width for value in circle)
        canvas.ellipse((x - radius, y - 1.2 * radius, x + radius, y + 1.2 * radius), outline=theme.body, width=thick)
    _draw_bones(canvas, bones(joints, POSE, BODY_BONES), width, thick, theme.body)
    _draw_bones(canvas, bones(joints, LEFT_HAND, HAND_BONES), width, thin, theme.left_hand)
    _draw_bones(canvas, bones(joints, RIGHT_HAND, HAND_BONES), width, thin, theme.right_hand)


def _draw_bones(canvas: ImageDraw.ImageDraw, lines: list[Bone], width: int, thick: int, colour: Colour) -> None:
    half = thick / 2 - 0.5
    for line in lines:
        ends = [(x * width, y * width) for x, y in line]
        canvas.line(ends, colour, thick)
        for x, y in ends:  # round ends
            canvas.ellipse((x - half, y - half, x + half, y + half), fill=colour)
