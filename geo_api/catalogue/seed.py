"""The catalogue that a new county starts with; every line can be changed later."""

from __future__ import annotations

from dataclasses import dataclass

from geo_api.catalogue.rules import ServiceKind
from geo_api.duties.rules import DutyKind

# Whom a service may reach, in the order of asking: the village's own desk before the
# cadre stationed there before the town leader who looks after it.
CHAIN = (
    DutyKind.HOUSEHOLD_CARE,
    DutyKind.GRID,
    DutyKind.VILLAGE_DESK,
    DutyKind.STATIONED,
    DutyKind.VILLAGE_LEAD,
    DutyKind.TOWN_DESK,
    DutyKind.COUNTY_DESK,
)
# Why there is a first version.
BEGUN = "初始服务目录"

_H, _C, _T, _R, _S = (
    ServiceKind.HELP,
    ServiceKind.CONSULTATION,
    ServiceKind.COMPLAINT,
    ServiceKind.REPORT,
    ServiceKind.SUGGESTION,
)
_CARE, _GRID, _VILLAGE, _TOWN = (
    DutyKind.HOUSEHOLD_CARE,
    DutyKind.GRID,
    DutyKind.VILLAGE_DESK,
    DutyKind.TOWN_DESK,
)


@dataclass(frozen=True)
class ServiceSeed:
    """One line of the starting catalogue."""

    code: str
    name: str
    group: str
    kind: ServiceKind
    duty: DutyKind
    description: str
    keywords: tuple[str, ...]
    working_days: int | None = None
    hours: int | None = None
    is_confidential: bool = False


SERVICES = (
    ServiceSeed("XQ-SHUI", "供水", "基础设施", _H, _CARE,
                "停水、漏水、水压不足、水质异常", ("停水", "漏水", "自来水"), 5),
    ServiceSeed("XQ-DIAN", "供电", "基础设施", _H, _CARE,
                "停电、电压不稳、线路老化", ("停电", "跳闸", "电线"), 5),
    ServiceSeed("XQ-NUAN", "供暖", "基础设施", _H, _CARE,
                "暖气不热、管道漏水、供暖时间", ("暖气", "不热", "供热"), 5),
    ServiceSeed("XQ-LU", "道路", "基础设施", _H, _GRID,
                "路面破损、积水、路灯不亮", ("路面", "坑", "路灯"), 7),
    ServiceSeed("XQ-LAJI", "垃圾清运", "环境卫生", _H, _GRID,
                "垃圾未清运、垃圾箱破损", ("垃圾", "清运"), 3),
    ServiceSeed("XQ-HUANJING", "人居环境", "环境卫生", _H, _GRID,
                "乱堆乱放、污水、厕所改造", ("污水", "堆放", "厕所"), 5),
    ServiceSeed("XQ-NONGYE", "灌溉与农事", "产业农事", _H, _CARE,
                "灌溉配水、农资、病虫害、农机", ("灌溉", "浇水", "种子"), 5),
    ServiceSeed("XQ-YANGLAO", "养老助残", "民生服务", _H, _CARE,
                "上门照料、助餐、残疾人服务", ("老人", "助餐", "残疾"), 5),
    ServiceSeed("XQ-DIBAO", "低保救助", "民生服务", _H, _CARE,
                "低保申请、临时救助", ("低保", "救助"), 10),
    ServiceSeed("ZX-YIBAO", "医保咨询", "政策咨询", _C, _CARE,
                "参保缴费、异地报销", ("医保", "报销"), 3),
    ServiceSeed("ZX-ZHENGCE", "政策咨询", "政策咨询", _C, _CARE,
                "补贴、就业、教育等政策", ("政策", "补贴"), 3),
    ServiceSeed("ZX-TUDI", "土地宅基地咨询", "政策咨询", _C, _VILLAGE,
                "宅基地审批、土地流转", ("宅基地", "流转"), 3),
    ServiceSeed("JY-YIJIAN", "意见建议", "意见建议", _S, _VILLAGE,
                "对村镇工作的意见和建议", ("建议", "意见"), 10),
    ServiceSeed("MD-LINLI", "邻里纠纷", "矛盾纠纷", _H, _CARE,
                "噪声、通行、排水等邻里矛盾", ("邻居", "噪声"), 7),
    ServiceSeed("MD-TUDI", "土地纠纷", "矛盾纠纷", _H, _VILLAGE,
                "地界、流转、征收纠纷", ("地界", "征地"), 15),
    ServiceSeed("MD-JIATING", "家庭纠纷", "矛盾纠纷", _H, _CARE,
                "家庭矛盾调解", ("家庭", "调解"), 7),
    ServiceSeed("AQ-YINHUAN", "安全隐患", "安全隐患", _H, _GRID,
                "危房、山洪、用火用气用电隐患", ("隐患", "危房", "山洪"), hours=24),
    ServiceSeed("TS-TOUSU", "投诉", "投诉举报", _T, _TOWN,
                "对服务和作风的投诉，内容保密", ("投诉",), 10, is_confidential=True),
    ServiceSeed("JB-JUBAO", "举报", "投诉举报", _R, _TOWN,
                "违法违纪线索，内容保密", ("举报",), 15, is_confidential=True),
)  # fmt: skip
