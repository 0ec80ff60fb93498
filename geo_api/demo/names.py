"""Invented people: names, phones and identity numbers that belong to nobody. Pure."""

from __future__ import annotations

import numpy as np

from geo_api.accounts.rules import id_check_digit

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾"
)
_GIVEN = (
    "建国强军平伟明华海龙勇峰斌辉志宏文学永兴德福贵祥瑞林森玉兰秀英桂芳梅珍翠霞丽娟红燕"
    "春花菊香莲凤琴玲萍淑贞雪晓东南山川云鹏飞宇航浩天成功全才富安宁康乐静娜婷洁欣怡佳慧"
)


class People:
    """Draws names one after the other; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self._phones = 0
        self._numbers = 0

    def name(self) -> str:
        """A surname and one or two characters."""
        surname = _SURNAMES[int(self._draw.integers(len(_SURNAMES)))]
        length = 1 if self._draw.random() < 0.18 else 2
        picked = self._draw.integers(len(_GIVEN), size=length)
        return surname + "".join(_GIVEN[int(i)] for i in picked)

    def phone(self) -> str:
        """Eleven digits in a range that no operator has: 100…."""
        self._phones += 1
        return f"100{self._phones:08d}"

    def id_number(self) -> str:
        """A valid number of a county code that identity cards do not bear."""
        self._numbers += 1
        year = 1940 + self._numbers % 60
        month, day = 1 + self._numbers % 12, 1 + self._numbers % 28
        body = f"620171{year}{month:02d}{day:02d}{self._numbers % 1000:03d}"
        return body + id_check_digit(body)
