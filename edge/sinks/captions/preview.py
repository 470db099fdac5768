"""Draws the camera preview with the skeleton, so that signers see whether their hands are in view."""

from dataclasses import replace
from typing import Final

from PIL import Image, ImageDraw

from edge.sinks.captions.message import View
from edge.sinks.captions.skeleton import JOINTS, LEFT_HAND, POSE, RIGHT_HAND, Bone, bones, head, region
from edge.sinks.captions.theme import Colour, Theme
from edge.workers.protocol import Joints
from landmarkers.bones import BODY_BONES, HAND_BONES

_SUPERSAMPLING: Final = 2  # drawn larger by this factor and then reduced, since Pillow's lines have jagged edges
_BONE_WIDTH: Final = 0.011  # in widths of the preview
_CORNER_RADIUS: Final = 0.035


def draw_view(panel: Image.Image, view: View | None, theme: Theme, *, mirrored: bool, brightness: float) -> None:
    """Draw the view as large as fits in the middle of the panel; draw nothing without one."""
    if view is None or len(view.joints) != JOINTS:
        return
    width = min(panel.width, round(panel.height / view.aspect))
    size = (width * _SUPERSAMPLING, round(width * view.aspect) * _SUPERSAMPLING)
    view = _mirrored(view) if mirrored else view
    image = _background(view, size, theme, brightness)
    _draw_skeleton(ImageDraw.Draw(image), view.joints, size[0], theme)
    if view.image:
        _draw_region(ImageDraw.Draw(image), view.joints, size[0], theme)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), _CORNER_RADIUS * size[0], fill=255)
    position = (panel.width - width) // 2, (panel.height - size[1] // _SUPERSAMPLING) // 2
    panel.paste(image.reduce(_SUPERSAMPLING), position, mask.reduce(_SUPERSAMPLING))


def _mirrored(view: View) -> View:
    joints = tuple(None if joint is None else (1.0 - joint[0], joint[1]) for joint in view.joints)
    content = view.image
    if content:
        content = Image.frombytes("RGB", view.size, content).transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes()
    return replace(view, joints=joints, image=content)


def _background(view: View, size: tuple[int, int], theme: Theme, brightness: float) -> Image.Image:
    if not view.image:
        return Image.new("RGB", size, theme.panel)
    image = Image.frombytes("RGB", view.size, view.image)
    if brightness < 1.0:
        image = image.point([round(value * brightness) for value in range(256)] * 3)
    return image.resize(size, Image.Resampling.BILINEAR)


def _draw_skeleton(canvas: ImageDraw.ImageDraw, joints: Joints, width: int, theme: Theme) -> None:
    thick, thin = round(_BONE_WIDTH * width), round(0.6 * _BONE_WIDTH * width)
    circle = head(joints)
    if circle is not None:
        x, y, radius = (value * width for value in circle)
        canvas.ellipse((x - radius, y - 1.2 * radius, x + radius, y + 1.2 * radius), outline=theme.body, width=thick)
    _draw_bones(canvas, bones(joints, POSE, BODY_BONES), width, thick, theme.body)
    _draw_bones(canvas, bones(joints, LEFT_HAND, HAND_BONES), width, thin, theme.left_hand)
    _draw_bones(canvas, bones(joints, RIGHT_HAND, HAND_BONES), width, thin, theme.right_hand)


def _draw_region(canvas: ImageDraw.ImageDraw, joints: Joints, width: int, theme: Theme) -> None:
    """Mark the person who is followed, since others may be in the picture."""
    sides = region(joints)
    if sides is not None:
        thickness = round(0.5 * _BONE_WIDTH * width)
        box = tuple(value * width for value in sides)
        canvas.rounded_rectangle(box, _CORNER_RADIUS * width, outline=theme.body, width=thickness)


def _draw_bones(canvas: ImageDraw.ImageDraw, lines: list[Bone], width: int, thickness: int, colour: Colour) -> None:
    radius = thickness / 2 - 0.5
    for line in lines:
        ends = [(x * width, y * width) for x, y in line]
        canvas.line(ends, colour, thickness)
        for x, y in ends:  # round ends
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
