"""Stage 5: what practitioners make of their patients' progress (ODD, submodel 5)."""

from typing import Final

from sim.codes import BY_SHIFT, BY_SMOOTHING, CO_LEADS, POOL_REGION, POOL_SERVICE, STOPPED
from sim.inlining import inlined as month
from sim.rules import kalman_gain, progress_seen, progress_shifted, response_mean, smoothing_weight, weight_of_evidence
from sim.state import SLOTS

FIXED: Final = 1048576.0  # 2**20: fixed-point steps of the region's sum, so that it does not depend on the order of services


@month
def use_in_judging(service, p):
    """Outcome figures used for judging progress (share); none with *monitoring judgement* off, whatever they cost."""
    return service.monitoring_use if p.switch_monitoring_judgement == 1 else 0.0


@month
def practitioner_sees(practitioner, service, patients, p):
    """Sum the progress seen this month over the patients of the course that the practitioner leads or co-leads.

    As far as monitoring is used, progress is compared with the course expected of a patient of such functioning: what is
    due to whom one happens to treat is taken out.
    """
    practitioner.seen_sum = 0.0
    practitioner.seen_count = 0
    # who had no course booked, own or co-led, has seen nobody
    if practitioner.status > STOPPED or practitioner.sessions_booked == 0.0:
        return
    post = practitioner.post
    if practitioner.role == CO_LEADS and practitioner.partner >= 0:
        post = practitioner.partner
    use = use_in_judging(service, p)
    for k in range(SLOTS):
        patient = patients[post * SLOTS + k]
        if patient.seen_now == 1:
            expected = response_mean(patient.functioning, p.gain_course, p.slope_functioning)
            usual = response_mean(service.functioning_now, p.gain_course, p.slope_functioning)
            pace = patient.seen_pace - use * (expected - usual)
            if p.form_rosy == BY_SHIFT:
                # of a full course, at the mean inclination to attend of those who come
                gained = p.gain_course * 0.5 * (1.0 + p.attendance_low)
                seen = progress_shifted(pace, p.ratio_rosy, use, gained, patient.seen_noise)
            else:
                seen = progress_seen(pace, p.ratio_rosy, use, patient.seen_noise)
            practitioner.seen_sum = practitioner.seen_sum + seen
            practitioner.seen_count = practitioner.seen_count + 1
            if patient.looks == 1:
                practitioner.seen_patients = practitioner.seen_patients + 1


@month
def service_pools(service, practitioners):
    """Sum what was seen over the service's patients, each counted once (by the leading post)."""
    service.seen_sum = 0.0
    service.seen_count = 0
    for i in range(service.posts):
        practitioner = practitioners[i]
        if practitioner.role != CO_LEADS:
            service.seen_sum = service.seen_sum + practitioner.seen_sum
            service.seen_count = service.seen_count + practitioner.seen_count


@month
def region_adds(region, service):
    """Add a service's figures to the register that reports to the whole region a month later."""
    region.adding_fixed = region.adding_fixed + int(service.seen_sum * FIXED)
    region.adding_count = region.adding_count + service.seen_count


@month
def region_month(region):
    """Turn the register's page: what was added this month is what services read in the next."""
    region.seen_fixed = region.adding_fixed
    region.seen_count = region.adding_count
    region.adding_fixed = 0
    region.adding_count = 0


@month
def practitioner_believes(practitioner, service, region, p):
    """Update the belief that the practice helps *my* patients: m <- m + K (y - m), v <- v (1 - K) + q^2.

    Unaided, few patients are over-weighted (kappa). Believed monitoring lowers kappa towards 1, pools over colleagues,
    service or region, and compares with the expected course, which leaves out of the spread what comes from whose turn it
    was (functioning). With *reception learning* off the belief stays at its prior.

    In the form *smoothing* a look has one weight, whoever looks and however much was seen before: m <- m + w (y - m), v stays.
    """
    if practitioner.status > STOPPED or p.switch_reception == 0:
        return
    use = use_in_judging(service, p)
    own = practitioner.seen_count
    count = float(own)
    total = practitioner.seen_sum
    if use > 0.0:
        pooled_sum = practitioner.seen_sum
        pooled_count = float(own)
        if service.pooling == POOL_SERVICE:
            pooled_sum = service.seen_sum
            pooled_count = float(service.seen_count)
        elif service.pooling == POOL_REGION:
            pooled_sum = region.seen_fixed / FIXED
            pooled_count = float(region.seen_count)
        count = count + use * (pooled_count - count)
        total = total + use * (pooled_sum - total)
    if count > 0.0:
        kappa = weight_of_evidence(p.weight_few_patients, use) if p.switch_over_weighting == 1 else 1.0
        if p.form_belief == BY_SMOOTHING:
            k = smoothing_weight(p.rate_smoothing, count, kappa)
        else:
            mix = p.gain_course * p.slope_functioning * p.functioning_spread
            spread = p.gain_spread * p.gain_spread + (1.0 - use) * mix * mix
            seen = spread + p.noise_seen * p.noise_seen
            k = kalman_gain(practitioner.belief_variance, seen, count, kappa)
            practitioner.belief_variance = practitioner.belief_variance * (1.0 - k)
        practitioner.belief = practitioner.belief + k * (total / count - practitioner.belief)
    if p.form_belief != BY_SMOOTHING:
        practitioner.belief_variance = practitioner.belief_variance + p.belief_drift * p.belief_drift
