"""Folds text so that case, width, script, plural and spelling do not matter, and keeps every position.

`plain` keeps the length of its input, so a span in the folded text is the same span in what the person wrote.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

# Traditional characters that occur in trade texts, each followed by its simplified form.
_SCRIPT_PAIRS: Final = (
    "絨绒 絲丝 綢绸 緞缎 紗纱 線线 織织 針针 縫缝 紉纫 繡绣 領领 褲裤 襯衬 襪袜 襖袄 圍围 團团 寬宽 長长 單单 "
    "雙双 條条 個个 隻只 裝装 製制 樣样 貨货 價价 錢钱 幣币 塊块 萬万 億亿 兩两 盤盘 壺壶 鍋锅 盞盏 燈灯 籠笼 "
    "燭烛 檯台 臺台 掛挂 鋁铝 鐵铁 銅铜 鋼钢 銀银 錫锡 鎂镁 鋅锌 電电 鍍镀 噴喷 塗涂 層层 燒烧 窯窑 貼贴 膠胶 "
    "殼壳 積积 遙遥 車车 飛飞 機机 槍枪 禮礼 籃篮 簾帘 墊垫 頭头 牆墙 飾饰 畫画 鏡镜 鐘钟 錶表 櫃柜 櫥橱 門门 "
    "廚厨 廳厅 園园 藝艺 術术 樹树 紙纸 張张 顏颜 紅红 藍蓝 綠绿 黃黄 貴贵 賓宾 級级 質质 檢检 測测 驗验 證证 "
    "認认 標标 準准 檔档 號号 碼码 數数 據据 圖图 設设 計计 開开 發发 產产 業业 廠厂 廣广 東东 蘇苏 滬沪 閩闽 "
    "魯鲁 遼辽 寧宁 龍龙 慶庆 義义 烏乌 溫温 紹绍 興兴 無无 鎮镇 順顺 陽阳 應应 該该 當当 將将 會会 這这 還还 "
    "沒没 請请 們们 與与 從从 務务 訂订 購购 買买 賣卖 採采 報报 優优 環环 護护 純纯 細细 緊紧 鬆松 軟软 輕轻 "
    "濕湿 乾干 熱热 涼凉 節节 聖圣 誕诞 農农 曆历 週周 後后 點点 內内 時时 間间 約约 歐欧 韓韩 國国 體体 幾几 "
    "為为 範范 盡尽 願愿 組组 駝驼 馬马 帶带 鏈链 鈕钮 釦扣 鬚须 邊边 緣缘 縮缩 補补 傘伞 帳帐 簍篓 籐藤 編编 "
    "鉤钩 鑲镶 銹锈 鏽锈 鑄铸 壓压 鍛锻 彎弯 燙烫 轉转 鑰钥 瑩莹 氈毡 紡纺 滌涤 綸纶 錦锦 莖茎 葉叶 鳥鸟 龜龟 "
    "貓猫 豬猪 雞鸡 魚鱼 鴨鸭 鵝鹅 獅狮 蝦虾 蟲虫 衛卫 連连 嬰婴 兒儿 學学 師师 褸褛 夾夹 鬧闹 蓋盖 麵面 湯汤 "
    "鏟铲 鹽盐 醬酱 結结 構构 濃浓 亞亚 賽赛 萊莱 爾尔 纖纤 維维 矽硅 薦荐 類类 餘余 處处 變变 種种 難难 過过 "
    "進进 遠远 運运 輸输 達达 選选 適适 際际 險险 隨随 雜杂 離离 靜静 響响 頂顶 項项 須须 預预 頓顿 風风 養养 "
    "駕驾 騎骑 髮发 鬥斗 齡龄 齊齐 齒齿 筆笔 簡简 籌筹 糧粮 糾纠 紀纪 給给 統统 絕绝 經经 網网 緒绪 練练 總总 "
    "績绩 繼继 續续 罰罚 羅罗 聯联 聲声 職职 肅肃 腳脚 臘腊 舊旧 華华 蓮莲 蘭兰 虛虚 衝冲 裡里 複复 規规 視视 "
    "覽览 觀观 記记 訊讯 討讨 訓训 託托 訪访 許许 訴诉 診诊 詞词 詢询 試试 詩诗 話话 詳详 語语 誤误 說说 課课 "
    "調调 談谈 論论 諸诸 識识 譯译 議议 讀读 讓让 豐丰 負负 財财 貢贡 販贩 貫贯 責责 費费 貿贸 賀贺 資资 賞赏 "
    "賬账 賴赖 賺赚 贈赠 贊赞 趕赶 跡迹 踐践 軌轨 較较 載载 輔辅 輛辆 輥辊 輪轮 輯辑 轄辖 辦办 遲迟 遷迁 遺遗 "
    "郵邮 鄉乡 醫医 釋释 鈣钙 鉛铅 銷销 錄录 錯错 鍵键 鎖锁 鐳镭 鑒鉴 鑽钻 閃闪 閉闭 閒闲 閱阅 陳陈 陰阴 陸陆 "
    "隊队 階阶 隱隐 靈灵 鞏巩 韌韧 頁页 頗颇 頻频 題题 額额 顆颗 顧顾 顯显 飲饮 飯饭 飽饱 餅饼 饋馈 駛驶 驚惊 "
    "側侧 骯肮 鮮鲜 鯨鲸 鳳凤 鴛鸳 麗丽 麥麦 黨党 齋斋 釐厘 噸吨 礦矿 籤签 銲焊 麼么 啓启 併并 佈布 註注 磚砖 綵彩 "
    "絎绗 縐绉 緹缇 綾绫 綿绵 繩绳 縷缕 紋纹 襠裆 裏里 緯纬 納纳 鉻铬 鎳镍 鈦钛 鋰锂 鎢钨 鍊链 頸颈 飄飘 驅驱 "
    "髒脏 鯊鲨 塵尘 墜坠 幫帮 廢废 彈弹 復复 懸悬 戲戏 戶户 拋抛 換换 搖摇 擠挤 斷断 歲岁 氣气 淺浅 減减 淨净 "
    "滾滚 潤润 潔洁 澆浇 濾滤 灣湾 煉炼 爐炉 狀状 獨独 於于 樓楼 樂乐 橋桥 毬球 牠它 穩稳 鋪铺 鬍胡 鎧铠 齣出 "
    "擺摆 擋挡 彙汇 匯汇 滙汇 慣惯 確确 蠟蜡 蓆席 藥药 蔥葱 薑姜 襬摆 誌志 譜谱 鈴铃 鍾钟 鏤镂 頰颊 顛颠 餃饺 "
    "騰腾 鹼碱 掃扫 攤摊 敵敌 榿桤 櫸榉 歸归 沖冲 洩泄 瀋沈 瑪玛 癢痒 筧笕 絞绞 綁绑 縱纵 纜缆 臉脸 蕭萧 螢萤 "
    "褻亵 觸触 誰谁 貝贝 軸轴 迴回 鄭郑 鋒锋 錘锤 鐲镯 閘闸 雲云 霧雾 靚靓 韆千 韁缰 飆飙 徵征 慮虑 斂敛 晝昼 "
    "曬晒 極极 櫻樱 漸渐 滿满 潑泼 濟济 灘滩 煙烟 燦灿 爛烂 牽牵 犢犊 獎奖 現现 瓏珑 盜盗 睜睁 礎础 稱称 竄窜 "
    "竪竖 競竞 籬篱 糞粪 紛纷 終终 絆绊 絡络 絹绢 綴缀 綻绽 縣县 繪绘 罈坛 罵骂 聽听 膚肤 舖铺 艙舱 莊庄 蕩荡 "
    "蘆芦 裊袅 襲袭 詐诈 諒谅 貯贮 賈贾 輝辉 輩辈 轎轿 邏逻 酈郦 鉗钳 銘铭 鋸锯 鎊镑 鐮镰 閣阁 關关 闆板 陝陕 "
    "隸隶 雖虽 韻韵 頌颂 顫颤 飼饲 駁驳 騙骗 魷鱿 鮑鲍 鴿鸽 鵬鹏 黴霉"
)

_WORD_PATTERN: Final = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+|[^\s\-_'·•*\"]")
_LETTERS: Final = re.compile(r"[a-z']+\Z")

# Spellings that both mean the same word, folded to the American one because the typo search starts from it.
_SPELLINGS: Final = {
    "mould": "mold",
    "moulding": "molding",
    "moulded": "molded",
    "colour": "color",
    "coloured": "colored",
    "fibre": "fiber",
    "fibrefill": "fiberfill",
    "microfibre": "microfiber",
    "grey": "gray",
    "greyboard": "grayboard",
    "aluminium": "aluminum",
    "jewellery": "jewelry",
    "woollen": "woolen",
    "pyjama": "pajama",
    "mercerised": "mercerized",
    "mercerising": "mercerizing",
    "anodised": "anodized",
    "anodising": "anodizing",
    "enamelled": "enameled",
    "flavour": "flavor",
    "moustache": "mustache",
    "ageing": "aging",
    "metre": "meter",
    "litre": "liter",
    "centimetre": "centimeter",
    "millilitre": "milliliter",
    "pullie": "pully",
    "scarve": "scarf",
    "knive": "knife",
    "shelve": "shelf",
    "leave": "leaf",
    "women": "woman",
    "men": "man",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "dice": "die",
}


class _FoldingTable(dict[int, str | int]):
    """Fills itself one character at a time; every entry is exactly one character long."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        decomposed = unicodedata.normalize("NFKD", character)
        base = "".join(part for part in decomposed if not unicodedata.combining(part)).casefold()
        folded = base if len(base) == 1 else character
        self[code] = folded
        return folded


_TABLE: Final = _FoldingTable()
_TABLE.update({ord(pair[0]): pair[1] for pair in _SCRIPT_PAIRS.split()})
_TABLE.update({ord(mark): "'" for mark in "’‘`´＇"})
_TABLE.update({ord(mark): "-" for mark in "‐‑‒–—−﹣－"})
_TABLE.update({ord(mark): "~" for mark in "～〜∼"})
_TABLE.update({ord("。"): ".", ord("、"): ",", ord("｡"): ".", ord("【"): "[", ord("】"): "]"})


class Token(NamedTuple):
    """One Latin word, run of digits, Chinese character or mark. `form` is its folded form; the span is [start, end)."""

    form: str
    start: int
    end: int


def plain(text: str) -> str:
    """Folds case, width, accents and traditional script; the result has the length of the text."""
    return text.lower().replace("`", "'") if text.isascii() else text.translate(_TABLE)


@lru_cache(maxsize=65536)
def word_form(word: str) -> str:
    """The singular, American form of a folded Latin word; everything else comes back as it is."""
    if not _LETTERS.match(word):
        return word
    word = word.replace("'", "")
    singular = _singular(word)
    return _SPELLINGS.get(singular, singular)


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


def tokens(plain_text: str) -> list[Token]:
    """The tokens of a text that `plain` has folded. Spaces, hyphens and quotes only separate."""
    found = []
    for match in _WORD_PATTERN.finditer(plain_text):
        start, end = match.span()
        word = match.group()
        found.append(Token(word if end - start == 1 else word_form(word), start, end))
    return found


@lru_cache(maxsize=131072)
def word_forms(text: str) -> tuple[str, ...]:
    """The folded forms of a name or synonym, the key under which the vocabulary keeps it."""
    return tuple(token.form for token in tokens(plain(text)))
