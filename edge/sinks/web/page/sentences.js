/**
 * The daemon's sentences in Arabic. The daemon speaks English: here is the one place that knows its sentences.
 *
 * A sentence has clauses, separated by semicolons; a reason follows a colon or stands in brackets. Each clause is
 * looked up by itself, and what is not found stays English, as an element that says so. Braces hold a name or a number, with
 * an asterisk several words.
 */

const CAMERA = {
  "delivers no more images": "لم تعد تصل صور من الكاميرا {camera}",
  "delivers images that cannot be decoded": "ترسل الكاميرا {camera} صورًا يتعذر فك ترميزها",
  "delivers images that cannot be read": "ترسل الكاميرا {camera} صورًا تتعذر قراءتها",
  "delivers nothing but black": "لا ترسل الكاميرا {camera} إلا صورًا سوداء",
  "is frozen": "تجمدت صورة الكاميرا {camera}",
  "hangs in its driver": "لا يستجيب برنامج تشغيل الكاميرا {camera}",
  "is absent": "الكاميرا {camera} غير موجودة",
  "cannot be opened": "تعذر فتح الكاميرا {camera}",
  "cannot be started": "تعذر تشغيل الكاميرا {camera}",
  "cannot be released": "تعذر تحرير الكاميرا {camera}",
  "cannot be found": "تعذر العثور على الكاميرا {camera}",
  "cannot be found, because no name server answers": "تعذر العثور على الكاميرا {camera}، إذ لا يجيب أي خادم أسماء",
  "cannot be reached": "تعذر الوصول إلى الكاميرا {camera}",
  "does not answer": "لا تجيب الكاميرا {camera}",
  "refuses the connection": "ترفض الكاميرا {camera} الاتصال",
  "offers no encryption (TLS) that works here": "لا تقدم الكاميرا {camera} تشفيرًا (TLS) يعمل هنا",
  "does not speak {protocol}": "لا تستعمل الكاميرا {camera} بروتوكول {protocol}",
  "asks for a user name and password": "تطلب الكاميرا {camera} اسم مستخدم وكلمة مرور",
  "asks for a kind of login that is unknown here": "تطلب الكاميرا {camera} نوعًا من تسجيل الدخول غير معروف هنا",
  "refuses the user name or password": "ترفض الكاميرا {camera} اسم المستخدم أو كلمة المرور",
  "denies access to the stream": "تمنع الكاميرا {camera} الوصول إلى البث",
  "has no stream of this path": "لا بث في هذا المسار لدى الكاميرا {camera}",
  "points to another address": "تحيل الكاميرا {camera} إلى عنوان آخر",
  "answers with the status {status}": "تجيب الكاميرا {camera} بالحالة {status}",
  "sends a page ({type}) instead of video": "ترسل الكاميرا {camera} صفحة ({type}) بدلًا من الفيديو",
};

const BROKER = {
  "is lost": "انقطع الاتصال بالخادم {broker}",
  "cannot be reached": "تعذر الوصول إلى الخادم {broker}",
  "does not answer": "لا يجيب الخادم {broker}",
  "refuses this device": "يرفض الخادم {broker} هذا الجهاز",
  "closes the connection without an answer": "يغلق الخادم {broker} الاتصال دون جواب",
  "ends the connection again and again": "ينهي الخادم {broker} الاتصال مرة بعد مرة",
};

const CLAUSES = {
  // Reasons
  "it delivers the same image again and again": "فهي ترسل الصورة نفسها مرة بعد مرة",
  "{n} are connected": "عدد الكاميرات الموصولة {n}",
  "no machine has this name": "لا جهاز بهذا الاسم",
  "the broker refuses the words of this device": "يرفض الخادم كلمات هذا الجهاز",
  "another client seems to use the name {name}": "يبدو أن عميلًا آخر يستعمل الاسم {name}",
  "it does not acknowledge a message": "فهو لا يؤكد وصول الرسالة",
  "its certificate is not trusted": "شهادته غير موثوقة",
  "TLS fails": "فشل TLS",
  "the page does not answer": "الصفحة لا تجيب",
  "it does not answer": "لا جواب",
  "timed out": "انتهت المهلة",
  "Connection timed out": "انتهت المهلة",
  "Connection refused": "رُفض الاتصال",
  "Connection reset by peer": "قطع الطرف الآخر الاتصال",
  "No route to host": "لا طريق إلى المضيف",
  "Network is unreachable": "الشبكة غير متاحة",
  "Name or service not known": "الاسم غير معروف",
  "Temporary failure in name resolution": "تعذر إيجاد عنوان الاسم الآن",
  "Not authorized": "غير مصرح له",
  "Bad user name or password": "اسم المستخدم أو كلمة المرور غير صحيح",
  "its process was ended by signal {n}": "أُنهيت العملية بإشارة النظام {n}",
  "its process ended with exit code {n}": "انتهت العملية برمز الخروج {n}",
  "its process does not answer": "لا تستجيب العملية",
  "its process has closed its pipes": "أغلقت العملية قنواتها",
  "its process sends invalid messages": "ترسل العملية رسائل غير صالحة",
  "its process cannot be started": "تعذر بدء العملية",
  "{part*} failed unexpectedly": "تعطل جزء من البرنامج ({part}) على نحو غير متوقع",
  "it is started again": "يُعاد تشغيله",
  "no screen is plugged in": "لا شاشة موصولة",
  "a screen was plugged in or out": "وُصلت شاشة أو فُصلت",
  "a screen was plugged in or out, or changed its size": "وُصلت شاشة أو فُصلت أو تغير مقاسها",
  "there is no screen {n}": "لا شاشة رقمها {n}",
  "this machine has {n}, counted from 0": "عدد شاشات هذا الجهاز {n}، والترقيم من 0",
  "no screen can be opened": "تعذر فتح أي شاشة",
  "the screen takes no image": "لا تقبل الشاشة صورًا",
  "the screen does not answer": "لا تستجيب الشاشة",
  "the loudspeaker {device*} plays nothing": "لا صوت من السماعة {device}",
  "the loudspeaker {device*} takes no sound": "لا تستجيب السماعة {device}",
  "Device or resource busy": "يستعملها برنامج آخر",
  "No such file or directory": "لا وجود لها",
  "{program} cannot be started": "تعذر تشغيل {program}",
  "its window was closed": "أُغلقت نافذتها",
  "rolled back {model}": "استُبعد النموذج {model}",
  "in the last {n} segments with a raised hand it recognises no sign {new} times, the previous model {old} times":
    "عدد المقاطع التي لم يعرف فيها إشارة: {new} من {n}، وعند النموذج السابق: {old}",
  "in the last {n} segments with a raised hand its mean confidence is {new}, that of the previous model {old}":
    "متوسط ثقته {new}، ومتوسط ثقة النموذج السابق {old}",
  "in the last {n} segments with a raised hand it predicts {new} words, the previous model {old}":
    "عدد الكلمات التي قرأها: {new} في مقاطع عددها {n}، وعند النموذج السابق: {old}",
  "in the last {n} segments with a raised hand it predicts one and the same sign, the previous model {old} different ones":
    "يقرأ إشارة واحدة دائمًا، والنموذج السابق إشارات مختلفة عددها {old}",
  "no camera can be tried here now": "لا يمكن تجربة كاميرا هنا الآن",
  "visitors cannot try their own cameras on this device": "لا يتيح هذا الجهاز للزوار تجربة كاميراتهم",
  "the recognition is restarted": "يُعاد تشغيل قراءة الإشارات",
  "the recognition crashes on what you send": "ما تُرسله يعطل قراءة الإشارات",
  "the device does not answer": "لا يجيب الجهاز",
  "try again": "حاول مرة أخرى",
  "wait ten seconds": "انتظر عشر ثوانٍ",
  "too many commands arrive": "تصل أوامر كثيرة جدًا",
  "word {seq} is unknown, or too old to be corrected": "الكلمة رقم {seq} غير معروفة أو أقدم من أن تُصحَّح",
  "the model knows no sign {sign}": "لا يعرف النموذج الإشارة رقم {sign}",
  "no model is loaded yet": "لم يُحمَّل أي نموذج بعد",
  // Remedies
  "unplug it or restart this device": "افصلها أو أعد تشغيل هذا الجهاز",
  "check its cable": "افحص كابلها",
  "check its cable and that no other program uses it": "افحص كابلها وتأكد من أن برنامجًا آخر لا يستعملها",
  "check that it is plugged in and that no other program uses it": "تأكد من أنها موصولة ومن أن برنامجًا آخر لا يستعملها",
  "check that no other program uses it": "تأكد من أن برنامجًا آخر لا يستعملها",
  "check that its lens is not covered and that the room is lit": "تأكد من أن عدستها مكشوفة والمكان مضاء",
  "check this device's network": "افحص شبكة هذا الجهاز",
  "correct it, or write the IP address": "صححه أو اكتب عنوان IP",
  "check that it is switched on, and host and port of its address": "تأكد من أنها تعمل، وراجع المضيف والمنفذ في عنوانها",
  "check that it is switched on, and that {port} is its port": "تأكد من أنها تعمل ومن أن منفذها {port}",
  "check the port, or write {scheme}": "راجع المنفذ أو اكتب {scheme}",
  "check host, port and scheme of its address": "راجع المضيف والمنفذ والبروتوكول في عنوانها",
  "name {user} and {file} in {section}": "اكتب {user} و{file} في القسم {section}",
  "choose Digest or Basic in its settings": "اختر Digest أو Basic في إعداداتها",
  "correct them in {section}": "صححهما في القسم {section}",
  "allow it in the camera's settings": "اسمح به في إعدادات الكاميرا",
  "its manual names the path": "تجد المسار في دليلها",
  "name that one as the source": "اجعله هو المصدر",
  "look into the camera's settings, or restart it": "راجع إعدادات الكاميرا أو أعد تشغيلها",
  "check the path in its address": "راجع المسار في عنوانها",
  "inside a user name or password write {codes*}": "في اسم المستخدم وكلمة المرور تُرمَّز المحارف الخاصة: {codes}",
  "check whether it needs TLS": "تحقق مما إذا كان يتطلب TLS",
  "give each device its own": "أعطِ كل جهاز اسمًا خاصًا به",
  "please continue": "تابع من فضلك",
  "you can come back in {n} s": "عدد الثواني قبل أن تعود: {n}",
};

const KNOWN = [
  ...compile(CAMERA, "the camera(?: at)? (?<camera>.+?) "),
  ...compile(BROKER, "the broker (?<broker>\\S+) "),
  ...compile(CLAUSES, ""),
];

/** Add the clauses of a part of the page that is loaded later. */
export function add(clauses) {
  KNOWN.unshift(...compile(clauses, ""));
}

/** Return a value with its own text direction: isolates (FSI, PDI) keep a Latin name in order within Arabic. */
export function isolate(value) {
  return `\u2068${value}\u2069`;
}

/** Return a sentence of the daemon as Arabic texts and, where a part of it is not known, English elements. */
export function inArabic(sentence) {
  return sentence.split("; ").flatMap((clause, number) => (number ? ["؛ ", ...translate(clause)] : translate(clause)));
}

function translate(clause) {
  const whole = lookUp(clause);
  if (whole) return [whole];
  const colon = clause.indexOf(": ");
  const beforeColon = colon > 0 && lookUp(clause.slice(0, colon));
  if (beforeColon) return [`${beforeColon}: `, ...translate(clause.slice(colon + 2))];
  const bracket = clause.endsWith(")") ? clause.indexOf(" (") : -1;
  const beforeBracket = bracket > 0 && lookUp(clause.slice(0, bracket));
  if (beforeBracket) return [`${beforeBracket} (`, ...translate(clause.slice(bracket + 2, -1)), ")"];
  return [english(clause)];
}

function lookUp(clause) {
  if (/^\d+$/.test(clause)) return clause;
  for (const [pattern, arabic] of KNOWN) {
    const match = clause.match(pattern);
    if (match) return arabic.replace(/\{(\w+)\}/g, (_, name) => isolate(match.groups[name]));
  }
  return null;
}

function compile(clauses, beginning) {
  return Object.entries(clauses).map(([clause, arabic]) => {
    const escaped = clause.replace(/[().[\]]/g, "\\$&");
    const source = escaped.replace(/\{(\w+)(\*?)\}/g, (_, name, many) => `(?<${name}>${many ? ".+" : "\\S+"})`);
    return [new RegExp(`^${beginning}${source}$`), arabic];
  });
}

function english(clause) {
  const element = document.createElement("bdi");
  element.lang = "en";
  element.dir = "ltr";
  element.textContent = clause;
  return element;
}
